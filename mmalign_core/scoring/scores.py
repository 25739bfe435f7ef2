"""The scores of two sets in blocks: a similarity minus one bias per source and one per target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.scoring.neighbours import top_k
from mmalign_core.scoring.similarities.base import Similarity


@dataclass(frozen=True)
class Scores:
    """score(i, j) = weight · similarity(source i, target j) - source_bias[i] - target_bias[j].

    `sources` (m, d) and `targets` (n, d) are coordinates in one space. CSLS (weight 2), normalisation against a
    query bank (NNN) and inverted softmax (in logarithms) all have this form. `bias_rounding`: largest rounding error of
    the biases.
    """

    similarity: Similarity
    sources: np.ndarray
    targets: np.ndarray
    weight: float = 1.0
    source_bias: np.ndarray | None = None
    target_bias: np.ndarray | None = None
    bias_rounding: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether there is no correction, so that the exact search applies directly."""
        return self.weight == 1.0 and self.source_bias is None and self.target_bias is None

    @property
    def rounding(self) -> np.ndarray:
        """Per source (m,): the largest difference at which scores are a tie."""
        return self.weight * self.similarity.rounding(self.sources, self.targets) + np.float32(self.bias_rounding)

    def iter_blocks(self, rows: int | None = None) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield (slice of sources, their (rows, n) float32 scores) one after the other."""
        for part, block in self.similarity.iter_blocks(self.sources, self.targets, rows):
            yield part, self.corrected(block, part, slice(None))

    def top_k(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the best k targets of each source: scores float32, indices int64, both (m, min(k, n))."""
        if self.target_bias is None or not len(self.sources):
            scores, indices = self.similarity.top_k(self.sources, self.targets, k)
            scores = scores * np.float32(self.weight)
        elif self.similarity.metric == "ip":
            scores, indices = top_k(*self._biased_vectors(self.target_bias), k)
        else:  # distances as inner products would lose digits
            best = [_best(block, k) for _, block in self.iter_blocks()]
            return np.concatenate([scores for scores, _ in best]), np.concatenate([indices for _, indices in best])
        return scores if self.source_bias is None else scores - self.source_bias[:, None].astype(np.float32), indices

    def flipped(self) -> Scores:
        """Return the same scores with sources and targets exchanged."""
        biases = self.target_bias, self.source_bias
        return Scores(self.similarity, self.targets, self.sources, self.weight, *biases, self.bias_rounding)

    def take(self, sources: np.ndarray, targets: np.ndarray | None = None) -> Scores:
        """Return the scores of only these source rows (and target rows), with unchanged biases."""
        taken = replace(self, sources=self.sources[sources], source_bias=_taken(self.source_bias, sources))
        return taken if targets is None else taken.flipped().take(targets).flipped()

    def dense(self) -> np.ndarray:
        """Return every score (m, n) float32, for few rows."""
        whole = np.empty((len(self.sources), len(self.targets)), np.float32)
        for part, block in self.iter_blocks():
            whole[part] = block
        return whole

    def corrected(self, block: np.ndarray, sources: slice | np.ndarray, targets: slice | np.ndarray) -> np.ndarray:
        """Return the scores (r, c) of these sources and targets, given their similarities, which may be overwritten."""
        if self.plain:
            return block
        block = block * np.float32(self.weight)
        if self.source_bias is not None:
            block -= self.source_bias[sources, None].astype(np.float32)
        if self.target_bias is not None:
            block -= self.target_bias[None, targets].astype(np.float32)
        return block

    def corrected_pairs(self, similarities: np.ndarray, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the score (p,) of each of these sources with its own target, given their similarities."""
        if self.plain:
            return similarities
        found = similarities * np.float32(self.weight)
        for bias, places in ((self.source_bias, sources), (self.target_bias, targets)):
            found = found if bias is None else found - bias[places].astype(np.float32)
        return found

    def _biased_vectors(self, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return prepared vectors with one more dimension, whose inner products include weight and target bias."""
        sources, targets = (self.similarity.prepare(x) for x in (self.sources, self.targets))
        ones = np.ones((len(sources), 1), np.float32)
        return np.hstack([sources * np.float32(self.weight), ones]), np.hstack([targets, -bias[:, None]])


def _taken(bias: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if bias is None else bias[rows]


def _best(block: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the best k of each row, equal scores by lower index."""
    k = min(k, block.shape[1])
    if k == 0:
        return block[:, :0], np.empty((len(block), 0), np.int64)
    bar = np.partition(block, block.shape[1] - k, axis=1)[:, -k, None]
    rows, columns = np.nonzero(block >= bar)
    order = np.lexsort((columns, -block[rows, columns], rows))
    first = np.searchsorted(rows, np.arange(len(block)))
    indices = columns[order][first[:, None] + np.arange(k)].astype(np.int64)
    return np.take_along_axis(block, indices, 1), indices
