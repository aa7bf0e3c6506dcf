"""Doors for other programs: the protocols that they speak, over Unix sockets alone.

Imports: core, isolation, language, config, hearing, speaking, records, conversation, devices,
runtime. Not pure.
"""
