"""Comparison of aligners on the same items: quality, cost, learning curves, ranking."""
