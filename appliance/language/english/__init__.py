"""English: its words, numbers, dates, names and spoken forms."""
