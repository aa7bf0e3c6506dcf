"""``cloister models fetch``: gets the files of a model of the catalogue on a connected workstation.

Each file has a pinned SHA-256, and nothing else gets its name. A file may have two sources, which are tried in turn:
its address, and parts of it in Python packages. ``download`` is the only module of the sources that knows a network
beyond this machine; parts are brought by pip, in a process of its own. A box's wheel has neither.
"""
