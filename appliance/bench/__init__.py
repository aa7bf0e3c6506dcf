"""Figures of this box that can be reproduced, with their sample sizes: ``cloister bench``, and the demonstration.

What needs more than a box has (recordings of many people, questions with their right answers, other systems) is in the
folder ``workbench`` of a checkout.

Imports: core, isolation, language, config, hearing, speaking, conversation, tools, engines, devices, brain, runtime,
protocols. Not pure.
"""
