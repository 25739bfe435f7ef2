"""Dual encoders of transformers: pictures and texts in one space."""
