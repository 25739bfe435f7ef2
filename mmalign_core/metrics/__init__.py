"""Metrics: what is measured of an aligned space and of the matches in it."""
