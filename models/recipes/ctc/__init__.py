"""CTC head on the states of Moonshine's encoder: data, training, export and evaluation.

Run ``python -m models.recipes.ctc --help`` from the root of the repository, in the environment that
``models/recipes/requirements.txt`` describes.
"""
