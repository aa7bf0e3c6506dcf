"""From the documents of a house to the draft of its site file, on a workstation: a person approves what a box will say.

Imports: core, language, config, brain. Not pure.
"""
