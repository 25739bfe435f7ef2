"""Inner product of two vectors."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.similarities.base import ROUNDING, Similarity, longest, register
from mmalign_core.wording import say


@register("dot")
class Dot(Similarity):
    """q·c: longer candidates score higher at the same angle."""

    summary = say("Inner product: direction and length both count")
    symmetric = True

    def prepare(self, vectors: np.ndarray) -> np.ndarray:
        """Return the vectors unchanged, in float32."""
        return np.asarray(vectors, dtype=np.float32)

    def compare(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return inner products."""
        return queries @ candidates.T

    def rounding(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return values proportional to the lengths of the query and the longest candidate."""
        return (ROUNDING * np.linalg.norm(queries, axis=1) * longest(candidates)).astype(np.float32)
