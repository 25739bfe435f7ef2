"""Scores of pairs and what follows from them: similarities, hubness corrections, matchers, nearest neighbours."""
