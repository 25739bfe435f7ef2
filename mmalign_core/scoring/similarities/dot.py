"""Inner product of two vectors."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.similarities.base import ROUNDING, Similarity, longest, register


@register("dot")
class Dot(Similarity):
    """q·c: longer candidates score higher at the same angle."""

    summary = "Inner product: direction and length both count"

    def prepare(self, vectors: np.ndarray) -> np.ndarray:
        """As they are, in float32."""
        return np.asarray(vectors, dtype=np.float32)

    def compare(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Inner products."""
        return queries @ candidates.T

    def rounding(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Grows with the lengths that are multiplied."""
        return (ROUNDING * np.linalg.norm(queries, axis=1) * longest(candidates)).astype(np.float32)
