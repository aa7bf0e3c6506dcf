"""Microphone and loudspeaker: the sound card, the wave file, and what was played when.

Imports: core, config, hearing. Not pure.
"""
