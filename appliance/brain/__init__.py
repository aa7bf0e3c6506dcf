"""What is answered: the entries of a site, how they are found, the route of a reply, and ``think``, the loop that makes
replies.

Imports: core, language, config, speaking, conversation. Not pure.
"""
