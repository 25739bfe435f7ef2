"""Similarity measures: how alike two places in the shared space are."""
