"""Maps of the shared space, and their cache."""
