"""From frames to "the turn is over": speech, its end, and who is speaking to the appliance."""
