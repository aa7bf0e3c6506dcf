"""Doors, served to real clients on Unix sockets."""
