"""The scores of two sets, streamed: a similarity less one bias a source and one a target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mmalign_core.similarities.base import Similarity


@dataclass(frozen=True)
class Scores:
    """score(i, j) = weight · similarity(source i, target j) - source_bias[i] - target_bias[j].

    `sources` (m, d) and `targets` (n, d) are coordinates in one space. CSLS (weight 2), normalisation against a
    query bank (NNN) and inverted softmax (in logarithms) are all of this form, which is why a correction needs no more.
    """

    similarity: Similarity
    sources: np.ndarray
    targets: np.ndarray
    weight: float = 1.0
    source_bias: np.ndarray | None = None
    target_bias: np.ndarray | None = None

    @property
    def plain(self) -> bool:
        """Nothing is corrected, so the exact search applies directly."""
        return self.weight == 1.0 and self.source_bias is None and self.target_bias is None

    @property
    def rounding(self) -> np.ndarray:
        """Per source (m,): scores that differ by no more than this are a tie."""
        return self.weight * self.similarity.rounding(self.sources, self.targets)

    def iter_blocks(self, rows: int | None = None) -> Iterator[tuple[slice, np.ndarray]]:
        """(slice of sources, their (rows, n) float32 scores), one after the other."""
        for part, block in self.similarity.iter_blocks(self.sources, self.targets, rows):
            yield part, block if self.plain else self._corrected(part, block)

    def top_k(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Best k targets of each source: scores float32, indices int64, both (m, min(k, n)), ties by lower index."""
        if self.plain:
            return self.similarity.top_k(self.sources, self.targets, k)
        best = [_best(block, k) for _, block in self.iter_blocks()]
        if not best:
            return self.similarity.top_k(self.sources, self.targets, k)
        return np.concatenate([scores for scores, _ in best]), np.concatenate([indices for _, indices in best])

    def flipped(self) -> Scores:
        """The same scores seen from the targets."""
        return Scores(self.similarity, self.targets, self.sources, self.weight, self.target_bias, self.source_bias)

    def _corrected(self, part: slice, block: np.ndarray) -> np.ndarray:
        block = block * np.float32(self.weight)
        if self.source_bias is not None:
            block -= self.source_bias[part, None].astype(np.float32)
        if self.target_bias is not None:
            block -= self.target_bias[None].astype(np.float32)
        return block


def _best(block: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    indices = np.argsort(-block, axis=1, kind="stable")[:, :k].astype(np.int64)
    return np.take_along_axis(block, indices, 1), indices
