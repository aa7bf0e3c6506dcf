"""Who speaks and what is meant: ``dialogue.step``, interruptions, forms, consent, emergencies, opening hours.

Imports: core, language, config. Pure.
"""
