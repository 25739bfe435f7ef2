"""Hubs: how often each candidate is among the best of the queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.scoring.decision import Scoring, bank_vectors, distinct_vectors
from mmalign_core.scoring.scan import Tallies
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import EmbeddingSet

K = 10
"""Best candidates of each query that count, as Radovanović et al. (2010) take them."""
FEWEST_ASKED = 32
"""Queries of a search at least: faiss computes fewer than 20 by other instructions, which round otherwise."""


@dataclass(frozen=True)
class Hubs:
    """`largest`: the share of queries that have the most frequent candidate among their K best. `skewness`: hubness."""

    largest: float
    skewness: float


def hubs_among(occurrence: np.ndarray, queries: int) -> Hubs:
    """Return the hubs, given `occurrence` (n,): how many of the queries have the candidate among their K best."""
    return Hubs(float(occurrence.max(initial=0.0) / max(1, queries)), skewness(occurrence))


def hubs_of(sources: EmbeddingSet, targets: EmbeddingSet, scoring: Scoring, bank: EmbeddingSet | None = None) -> Hubs:
    """Return the hubs among the distinct contents of the targets, with every source row as a query."""
    known = bank_vectors(bank)
    scores = scoring.correction.scores(scoring.similarity, sources.vectors, distinct_vectors(targets), known)
    return hubs_among(occurrences(scores), len(sources))


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


def occurrences_of(scores: Scores, tallies: Tallies, allowed: np.ndarray, k: int = K) -> np.ndarray:
    """Return N_k of the allowed targets (c,), as `occurrences` does for these targets alone.

    `scores`: of the q queries of the tallies, which hold the min(k + 1, c) best allowed targets of each. Where the last
    two are a tie, the exact search decides, as it does for few scores.
    """
    kept, targets = tallies.candidates[:, :k], np.flatnonzero(allowed)
    if tallies.scores.shape[1] > k:
        tied = np.flatnonzero(tallies.scores[:, k - 1] - tallies.scores[:, k] <= scores.rounding)
        if len(tied):
            asked = np.resize(tied, max(len(tied), FEWEST_ASKED))
            found = scores.take(asked, targets).top_k(k)[1][: len(tied)]
            kept = kept.copy()
            kept[tied] = targets[found]
    return np.bincount(kept.ravel(), minlength=len(scores.targets))[targets].astype(float)
