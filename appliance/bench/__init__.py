"""Figures that can be reproduced, with their sample sizes: what ``cloister evaluate`` and ``cloister bench`` measure.

Imports: core, language, config, hearing, speaking, conversation, tools, engines, devices, brain, runtime. Not pure.
"""
