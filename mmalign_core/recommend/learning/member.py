"""One recommender among several: its scores and shares on a scale that others' can be added to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.moments import moments
from mmalign_core.recommend.query import Query

AT_ONCE = 4096
"""Items whose shares are averaged at a time."""


class Member:
    """A fitted recommender whose scores are taken in standard deviations above their mean over the items it knows.

    One that learns from events alone knows the items somebody met; one that reads places knows all. Scores that are
    standardised already stay as they are, and so stay a sum over the query's parts.
    """

    def __init__(self, model: Recommender, items: PlacedItems, interactions: Interactions) -> None:
        self.model = model
        learns_alone = model.needs_interactions and not model.reads_places
        self.known = interactions.popularity > 0 if learns_alone else np.ones(len(items.ids), bool)

    def standard(self, queries: Sequence[Query]) -> np.ndarray:
        """(q, n) float64: 0 where it does not know the item, and everywhere if it does not tell items apart."""
        scores, mean, spread = self._scores(queries)
        return np.where(self.known, scores - mean[:, None], 0.0) / spread[:, None]

    def shares(self, query: Query, rows: np.ndarray, view: str) -> Mapping[str, np.ndarray]:
        """Label -> (r,) share of the standardised score, under its own name if it has no such view.

        A mean of sums is a sum of means: each label's share less its own mean over the known items.
        """
        scores, mean, spread = self._scores([query])
        known = self.known[rows]
        if view not in self.model.views or np.isinf(spread[0]):
            return {self.model.name: np.where(known, scores[0, rows] - mean[0], 0.0) / spread[0]}
        shares, means = self.model.shares(query, rows, view), self._means(query, view)
        return {
            label: np.where(known, shares.get(label, 0.0) - means.get(label, 0.0), 0.0) / spread[0]
            for label in shares.keys() | means.keys()
        }

    def _scores(self, queries: Sequence[Query]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scores = np.where(self.known, self.model.score(queries), 0.0)
        if self.model.standardised:
            return scores, np.zeros(len(scores)), np.ones(len(scores))
        return scores, *moments(scores, self.known, np.abs(scores).max(axis=1, initial=0.0))

    def _means(self, query: Query, view: str) -> dict[str, float]:
        """Label -> mean of its shares over the known items."""
        if self.model.standardised:
            return {}
        rows, total = np.flatnonzero(self.known), {}
        for start in range(0, len(rows), AT_ONCE):
            for label, values in self.model.shares(query, rows[start : start + AT_ONCE], view).items():
                total[label] = total.get(label, 0.0) + float(values.sum())
        return {label: value / len(rows) for label, value in total.items()}
