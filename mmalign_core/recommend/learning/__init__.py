"""Shared parts of recommenders that learn: factors, graphs, pairwise training, held-out events, mixtures."""
