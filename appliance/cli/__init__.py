"""The commands: one file per verb, with its arguments, its help and its work."""
