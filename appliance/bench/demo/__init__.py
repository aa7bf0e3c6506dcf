"""The demonstration: a recorded visitor talks with the real daemon in real time and checks every answer.

- ``visitor/`` holds the recordings, with the words and the sample at which each one's speech ends;
- ``scenario`` is who says what when, and what must be true afterwards;
- ``visitor`` listens to the appliance's facts and speaks through the wave devices;
- ``runner`` brings it all together for ``cloister demo``; ``report`` writes what happened.

In a checkout, ``workbench.record`` makes the recordings again and ``workbench.time_lines`` draws the picture.
"""
