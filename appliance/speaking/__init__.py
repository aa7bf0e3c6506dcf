"""From the words of a reply to sound: clauses, and ``speak``, the loop that has them voiced.

Imports: core, language. Pure but for `speak`, a loop.
"""
