"""Hubness corrections: biases against candidates that are near to most queries."""

from mmalign_core.scoring.corrections.base import CORRECTIONS, Correction, VectorPair, register
from mmalign_core.scoring.scores import Scores

__all__ = ["CORRECTIONS", "Correction", "Scores", "VectorPair", "register"]
