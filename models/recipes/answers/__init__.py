"""The recipe of the model that judges whether a fact answers a question; see ``models/recipes/README.md``."""
