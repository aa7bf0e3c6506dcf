"""OpenAI's interfaces, as its own clients and those of others speak them."""
