"""The Recommenders page: which are measured, and what came of it."""
