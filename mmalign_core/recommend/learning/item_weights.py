"""Recommenders whose score is a sum of weights between the items of a history and the item scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.learning.collaborative import Collaborative, history_weights
from mmalign_core.recommend.query import Query
from mmalign_core.types import BadInput

MOST_ITEMS = 20_000
"""Items met by somebody beyond which the matrix between them (1.6 GB at this size, twice) is not made."""


class ItemWeights(Collaborative):
    """score(i) = Σ_h w_h B[h, i] over the history, with a matrix B between the items somebody met; others score 0."""

    def score(self, queries: Sequence[Query]) -> np.ndarray:
        """(q, n): the history's rows of B, weighted and added up."""
        return np.stack([self._scores(query) for query in queries])

    def shares(self, query: Query, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """By item of the history: w_h B[h, i]."""
        return self._named(query, self._terms(query, np.asarray(rows)))

    def few_enough(self, events: Interactions) -> np.ndarray:
        """(m,) numbers of the items somebody met; BadInput beyond 20,000."""
        met = np.flatnonzero(events.popularity)
        if len(met) > MOST_ITEMS:
            raise BadInput(
                f"'{self.name}' holds a weight between every two items, and {len(met)} were met by somebody (the most "
                f"is {MOST_ITEMS}); choose als, bpr or lightgcn, or leave out the rarest items"
            )
        return met

    def _keep(self, met: np.ndarray, between: np.ndarray) -> None:
        """`met` (m,) numbers of items; `between` (m, m) what each adds to each."""
        self._place = np.full(len(self._ids), -1)
        self._place[met] = np.arange(len(met))
        self._between = between

    def _scores(self, query: Query) -> np.ndarray:
        history, weights = history_weights(query)
        sources, met = self._place[history], self._place >= 0
        scores = np.zeros(len(self._ids))
        scores[met] = weights[sources >= 0] @ self._between[sources[sources >= 0]]
        return scores

    def _terms(self, query: Query, rows: np.ndarray) -> np.ndarray:
        """(h, r) float64."""
        history, weights = history_weights(query)
        sources, targets = self._place[history], self._place[rows]
        terms = np.zeros((len(history), len(rows)))
        known, met = np.flatnonzero(sources >= 0), np.flatnonzero(targets >= 0)
        terms[np.ix_(known, met)] = self._between[np.ix_(sources[known], targets[met])]
        return terms * weights[:, None]
