"""Doors for other programs: the protocols that they speak, over Unix sockets alone.

Imports: core, isolation, config, devices, runtime. Not pure.
"""
