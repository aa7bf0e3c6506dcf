"""What is kept of what happened: the audit log and its verification, recordings, and the keys of both.

Imports: core, config. Not pure.
"""
