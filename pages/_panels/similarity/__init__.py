"""The parts of the Similarity page."""
