"""The base class of similarities, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.scoring.neighbours import Metric, check_same_width, top_k

BLOCK_VALUES = 1 << 23
"""Most scores of a block: 32 MB of float32."""

ROUNDING = 2.0**-20
"""Relative difference (8 float32 steps) up to which scores are equal, since rounding can cause it."""


class Similarity(Parametrised, ABC):
    """Scores queries against candidates; higher is more similar. Members prepare and compare vectors."""

    name: ClassVar[str]
    summary: ClassVar[str]
    metric: ClassVar[Metric] = "ip"
    """The metric of the exact search on prepared vectors."""
    symmetric: ClassVar[bool] = False
    """Whether query and candidate can change places: one block of scores then serves both directions."""

    def prepare(self, vectors: np.ndarray) -> np.ndarray:
        """Return each vector (n, d) prepared for comparison, by default unchanged."""
        return vectors

    @abstractmethod
    def compare(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return scores (m, n) float32 of prepared queries (m, d) and candidates (n, d)."""

    @abstractmethod
    def rounding(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return per query (m,) the largest difference at which scores are a tie."""

    def block(self, queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Return every score (m, n) float32. BadInput for unequal widths."""
        check_same_width(queries, candidates)
        return self.compare(self.prepare(queries), self.prepare(candidates))

    def top_k(self, queries: np.ndarray, candidates: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact best k: scores float32 and indices int64, both (m, min(k, n)), ties by lower index."""
        check_same_width(queries, candidates)
        return top_k(self.prepare(queries), self.prepare(candidates), k, self.metric)

    def iter_blocks(
        self, queries: np.ndarray, candidates: np.ndarray, rows: int | None = None
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield (slice of queries, their (rows, n) scores) one after the other; by default about 32 MB a block."""
        check_same_width(queries, candidates)
        step = rows or max(1, BLOCK_VALUES // max(1, len(candidates)))
        candidates = self.prepare(candidates)
        for start in range(0, len(queries), step):
            part = slice(start, min(start + step, len(queries)))
            yield part, self.compare(self.prepare(queries[part]), candidates)


def longest(vectors: np.ndarray) -> float:
    """Return the greatest Euclidean length of the rows, 0 if there are none."""
    return float(np.linalg.norm(vectors, axis=1).max(initial=0.0))


SIMILARITIES: Registry[Similarity] = Registry("similarity", "mmalign_core.scoring.similarities", Similarity)
register = SIMILARITIES.register
