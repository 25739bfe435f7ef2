"""Evaluation of recommenders on held-out interactions."""
