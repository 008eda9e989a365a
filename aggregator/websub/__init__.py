"""Hubs (W3C WebSub): telling them what has news, what that came to, and a note of it that no end loses."""
