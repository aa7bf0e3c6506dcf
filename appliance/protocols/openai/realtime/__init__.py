"""OpenAI's Realtime interface: spoken conversations over a WebSocket."""
