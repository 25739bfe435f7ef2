"""Metrics of an aligned space, of the matches in it, and of recommendations."""
