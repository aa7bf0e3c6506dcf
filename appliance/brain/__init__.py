"""What is answered: the site's entries, how they are found, the route a reply takes, and the loop that makes replies."""
