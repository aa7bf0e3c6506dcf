"""The appliance's own voice in its microphone: how it is measured, delayed and taken out."""
