"""Who speaks and what is meant: the dialogue's one decision function, interruptions, forms, consent, emergencies."""
