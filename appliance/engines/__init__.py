"""One adapter per library, behind the ports: VADs, ears, language models, embedders, voices, echo cancellers.
Only an adapter imports its library.

Imports: core, language, config, hearing. Not pure.
"""
