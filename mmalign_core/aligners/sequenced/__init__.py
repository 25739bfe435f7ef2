"""Aligners that read sequences: steps in few dimensions, the networks over them, and how both are trained."""
