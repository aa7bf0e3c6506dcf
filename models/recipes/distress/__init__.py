"""Recipe of the model that tells whether a person needs help at once: distress.q8.gguf. See ../README.md."""
