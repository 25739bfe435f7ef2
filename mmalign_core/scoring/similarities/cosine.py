"""Cosine of the angle between two vectors."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.similarities.base import ROUNDING, Similarity, register
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say


@register("cosine")
class Cosine(Similarity):
    """q·c / (|q||c|), in -1 to 1; a zero vector scores 0 with everything."""

    summary = say("Cosine of the angle: compares directions, ignores lengths")
    symmetric = True

    def prepare(self, vectors: np.ndarray) -> np.ndarray:
        """Return unit rows."""
        return unit_rows(vectors)

    def compare(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return inner products of unit rows."""
        return queries @ candidates.T

    def rounding(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return the same value for every query, because unit vectors have one scale."""
        return np.full(len(queries), ROUNDING, np.float32)
