"""Scores of pairs and decisions: similarities, hubness corrections, matchers, nearest neighbours."""
