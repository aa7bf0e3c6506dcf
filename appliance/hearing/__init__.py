"""From frames to "the turn is over": the echo, speech and its end, and who speaks to the appliance. ``listen`` is the
loop, and ``recognize`` another beside it.

Imports: core, config. Pure but for `listen` and `recognize`, loops.
"""
