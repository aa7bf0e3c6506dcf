"""Train a small English voice in Piper's file format from one speaker's recordings, on one CPU core.

Text becomes sound in three networks, each trained by its own stage:

- ``prosody``: token -> (log duration, pitch, pitch slope, energy), drawn from a distribution by a small flow;
- ``acoustic``: tokens with that prosody -> log-mel spectrogram, frame pitch, voicing;
- ``vocoder``: those -> samples, a source-filter model that works per frame.

``export`` writes the three into one ONNX graph. ``python -m models.recipes.voice --help`` lists the stages.
"""
