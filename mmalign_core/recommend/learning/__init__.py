"""What several recommenders learn with: factors, graphs, pairs, held-out events, mixtures."""
