"""Facts, sound and its levels, `Turn`, `Mailbox`, and the ports: the interfaces to devices, engines and tools.

Imports: nothing. Pure but for `mailbox` and `turn`, which threads share.
"""
