"""Streaming character-CTC ear for sherpa-onnx: data, training, export and evaluation.

Run ``python -m models.recipes.ear --help`` from the root of the repository, in the
environment that ``models/recipes/requirements.txt`` describes.
"""
