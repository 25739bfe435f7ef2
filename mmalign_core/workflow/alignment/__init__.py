"""Alignment of one pair of modalities: choices, split, usable sets, the plan of the fits, measurement, and the run."""
