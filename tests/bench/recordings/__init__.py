"""A site's own recordings: what is read, counted, compared, shown and learnt."""
