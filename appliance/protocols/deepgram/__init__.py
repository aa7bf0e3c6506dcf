"""Deepgram's interfaces: Listen (v1 and Flux), Speak, and the voice agent."""
