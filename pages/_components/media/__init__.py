"""How items and their media look on every page."""
