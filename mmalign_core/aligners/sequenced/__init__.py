"""Aligners of sequences: steps in few dimensions, the networks over them, and the training of both."""
