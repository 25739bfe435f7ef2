"""The state of a session: what it shows, its caches, and its background work."""
