"""Negative Euclidean distance between two vectors."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.neighbours import Metric
from mmalign_core.scoring.similarities.base import ROUNDING, Similarity, longest, register
from mmalign_core.wording import say


@register("euclidean")
class Euclidean(Similarity):
    """-|q - c|, at most 0. Blocks are computed in float64: |q|² + |c|² - 2q·c loses digits for near points."""

    summary = say("Negative Euclidean distance: near points score high, 0 at most")
    symmetric = True
    metric: Metric = "l2"

    def compare(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return negative distances."""
        q, c = (np.asarray(x, dtype=np.float64) for x in (queries, candidates))
        squares = (q * q).sum(1)[:, None] + (c * c).sum(1) - 2 * (q @ c.T)
        return -np.sqrt(np.maximum(squares, 0)).astype(np.float32)

    def rounding(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return values that grow with the distance from the origin, where the subtraction loses digits."""
        return (ROUNDING * (np.linalg.norm(queries, axis=1) + longest(candidates))).astype(np.float32)
