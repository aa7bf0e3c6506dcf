"""How people say things: the seam `Language`, and one folder per language."""
