"""Towers over vectors: one map a modality, with or without a hidden layer, and what they are trained on."""
