"""How people say things: words, numbers, dates, times, names, and how they are spoken. One folder per language.

Imports: core. Pure.
"""
