"""What a recogniser is told of a site's own words and sentences."""
