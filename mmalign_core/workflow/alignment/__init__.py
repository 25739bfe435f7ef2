"""Align one pair of modalities: choices, what is held out, the fit, its measures and its scores."""
