"""The loops of the pipeline: listen, think, speak. They see ports, never engines."""
