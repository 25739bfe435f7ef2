"""Hubness corrections: biases that take away what makes some candidates everybody's neighbour."""

from mmalign_core.scoring.corrections.base import CORRECTIONS, Correction, register
from mmalign_core.scoring.corrections.scores import Scores

__all__ = ["CORRECTIONS", "Correction", "Scores", "register"]
