"""The operator's socket: who may ask, what can be asked, and how much of it.

Imports: core, isolation, config, records. Not pure.
"""
