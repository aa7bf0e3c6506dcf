"""What keeps the process sealed: its filters, the one module that knows sockets (AF_UNIX alone), and the attempts to
get round them.

Imports: core. Not pure.
"""
