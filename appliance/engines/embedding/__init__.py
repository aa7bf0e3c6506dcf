"""Embedders of sentences."""
