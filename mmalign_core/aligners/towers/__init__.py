"""Towers over vectors: one map per modality, with or without a hidden layer, and their training data."""
