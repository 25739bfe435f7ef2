"""Align one pair of modalities: choices, split, usable sets, the plan of the fits, their measures, and the run."""
