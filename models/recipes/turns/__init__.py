"""What hears whether somebody has finished: weights over the states of a speech network."""
