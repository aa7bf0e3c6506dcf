"""Facts, sound and its levels, `Turn`, `Mailbox`, and the ports: the interfaces to devices, engines and tools."""
