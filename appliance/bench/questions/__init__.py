"""Held-out questions and booking dialogues, as data."""
