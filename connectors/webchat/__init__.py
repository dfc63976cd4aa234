"""The web chat: its channel, its HTTP and WebSocket doors, and the page citizens see."""
