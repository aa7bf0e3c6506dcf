"""The telephone: a process of its own that takes calls by SIP and hands each to the box's door for calls.

It has a network and the daemon has none, so the daemon never imports it. What it knows of the box is the door's socket.

Imports: core, config, protocols. Not pure.
"""
