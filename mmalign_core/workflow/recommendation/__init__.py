"""Recommendation: a query is placed in a run's space, answered, explained by its scores, and put into sentences."""
