"""Sound devices behind the ports ``Microphone`` and ``Speaker``."""
