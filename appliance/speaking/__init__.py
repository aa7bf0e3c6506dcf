"""From a reply's words to sound: clauses, and the loop that has them voiced."""
