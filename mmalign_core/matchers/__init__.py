"""Matchers: the decision which source belongs to which target."""
