"""``cloister bench lines``: how many conversations this box holds at once, and how well."""
