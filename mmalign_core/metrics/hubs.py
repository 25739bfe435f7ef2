"""Hubs: how often each candidate is among the best of the queries, over all queries or a sample of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.scoring.decision import Scoring, bank_vectors, distinct_vectors
from mmalign_core.scoring.scan import Tallies
from mmalign_core.types import EmbeddingSet

K = 10
"""Best candidates of each query that count, as Radovanović et al. (2010) take them."""
_FEWEST_ASKED = 32
"""Queries of a search at least: faiss computes fewer than 20 by other instructions, which round otherwise."""


@dataclass(frozen=True)
class Hubs:
    """`occurrence` (n,): the number of queries that have the candidate among their K best, over `queries` queries.

    `of`: the number of rows that the queries are a random sample of, or `queries`.
    """

    occurrence: np.ndarray
    queries: int
    of: int

    @property
    def largest(self) -> float:
        """The share of queries that have the most frequent candidate among their K best."""
        return float(self.occurrence.max(initial=0.0) / max(1, self.queries))

    @property
    def skewness(self) -> float:
        """Hubness. Of a sample of the queries, the estimate of what all queries would give."""
        if self.queries == self.of:
            return skewness(self.occurrence)
        return _thinned_skewness(self.occurrence, self.queries, self.of)


def hubs_of(sources: EmbeddingSet, targets: EmbeddingSet, scoring: Scoring, bank: EmbeddingSet | None = None) -> Hubs:
    """Return the hubs among the distinct contents of the targets, with every source row as a query."""
    known = bank_vectors(bank)
    scores = scoring.correction.scores(scoring.similarity, sources.vectors, distinct_vectors(targets), known)
    return Hubs(occurrences(scores), len(sources), len(sources))


def occurrences(scores: Scores, k: int = K) -> np.ndarray:
    """Return N_k of every target (n,): the number of sources that have it among their min(k, n) best."""
    return np.bincount(scores.top_k(k)[1].ravel(), minlength=len(scores.targets)).astype(float)


def skewness(occurrence: np.ndarray, k: int = K) -> float:
    """Return hubness: the skewness of the k-occurrence N_k of n targets.

    It is about 0 if all targets occur equally often, and above 1 if a few hubs dominate (Radovanović et al. 2010). It
    is 0 for at most k targets, because all of them always occur.
    """
    if len(occurrence) <= k or occurrence.std() == 0:
        return 0.0
    return float((((occurrence - occurrence.mean()) / occurrence.std()) ** 3).mean())


def _thinned_skewness(occurrence: np.ndarray, queries: int, of: int, k: int = K) -> float:
    """Return the skewness that `of` queries would give, from a random sample of them.

    A sample adds chance to each count. Factorial moments of the counts are free of it: drawing s of m queries scales
    the r-th one by s(s-1)…(s-r+1) / m(m-1)…(m-r+1) (the moments of the hypergeometric distribution).
    """
    if len(occurrence) <= k:
        return 0.0
    scaled, falling, share = [], np.ones_like(occurrence), 1.0
    for r in range(3):
        falling, share = falling * (occurrence - r), share * (queries - r) / (of - r)
        scaled.append(float(falling.mean()) / share)
    first, second, third = scaled[0], scaled[1] + scaled[0], scaled[2] + 3 * scaled[1] + scaled[0]
    variance = second - first**2
    return (third - 3 * first * second + 2 * first**3) / variance**1.5 if variance > 0 else 0.0


def occurrences_of(scores: Scores, tallies: Tallies, allowed: np.ndarray, k: int = K) -> np.ndarray:
    """Return N_k of the allowed targets (c,), as `occurrences` does for these targets alone.

    `scores`: of the q queries of the tallies, which hold the min(k + 1, c) best allowed targets of each. Where the last
    two are a tie, the exact search decides, as it does for few scores.
    """
    kept, targets = tallies.candidates[:, :k], np.flatnonzero(allowed)
    if tallies.scores.shape[1] > k:
        tied = np.flatnonzero(tallies.scores[:, k - 1] - tallies.scores[:, k] <= scores.rounding)
        if len(tied):
            asked = np.resize(tied, max(len(tied), _FEWEST_ASKED))
            found = scores.take(asked, targets).top_k(k)[1][: len(tied)]
            kept = kept.copy()
            kept[tied] = targets[found]
    return np.bincount(kept.ravel(), minlength=len(scores.targets))[targets].astype(float)
