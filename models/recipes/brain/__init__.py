"""The starter brain: generated dialogues, a small Llama, and its export to GGUF. See README.md."""
