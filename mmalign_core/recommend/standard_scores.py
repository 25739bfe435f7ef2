"""Scores in standard deviations: what makes the scores of modalities and of recommenders comparable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.vectors import unit_rows

FLAT = 1e-4
"""Spread, as a part of the largest value, below which values differ by rounding alone: errors of single precision are
a thousandth of it."""


def moments(values: np.ndarray, known: np.ndarray, largest: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (q,) float64 of each row of `values` (q, n) over the `known` (n,) bool.

    `values` must be 0 where not known, so that one pass over all does. `largest` (q,): how large a value can be. A
    row that hardly varies, or of which nothing is known, has an infinite spread: scores divided by it are 0.
    """
    count = max(int(known.sum()), 1)
    mean = values.sum(axis=1, dtype=np.float64) / count
    squares = np.einsum("ij,ij->i", values, values, dtype=np.float64) / count
    spread = np.sqrt(np.maximum(squares - mean**2, 0.0))
    return mean, np.where(spread <= FLAT * largest, np.inf, spread)


LEAST = 5
"""Fewest items with both modalities for a mean. Our choice."""
MOST_ASKED, MOST_COMPARED = 400, 4000
"""Most items used as queries and as candidates, evenly spaced: 1.6 million cosines. Our choice."""


def reliability(items: PlacedItems, source: str) -> dict[str, float]:
    """Modality -> factor of its standardised cosines with what is asked in `source`; mean 1 over the modalities.

    Proportional to how many standard deviations an item's own place stands out when its `source` asks. If scores of
    the right and of the wrong items differ in mean alone, that is the weight with which a sum tells them apart best
    (Fisher 1936). A modality that was never seen with `source` counts as the least of those that were; 1 for all
    where there is nothing to learn from.
    """
    known = {m: _own_item_z(items, source, m) for m in items.parts} if source in items.parts else {}
    least = min((value for value in known.values() if value is not None), default=0.0)
    found = {m: least if value is None else value for m, value in known.items()}
    total = sum(found.values())
    return {m: value * len(found) / total for m, value in found.items()} if total else dict.fromkeys(items.parts, 1.0)


def _own_item_z(items: PlacedItems, source: str, modality: str) -> float | None:
    """Mean z, 0 if it is negative, of items' own places; None where too few have both or the widths differ."""
    asking, asked = items.parts[source], items.parts[modality]
    both = np.flatnonzero(items.present(source) & items.present(modality))
    if len(both) < LEAST or asking.shape[1] != asked.shape[1]:
        return None
    both = _spaced(both, MOST_ASKED)
    points = unit_rows(asking[both])
    compared = _spaced(np.flatnonzero(items.present(modality)), MOST_COMPARED)
    mean, spread = moments(points @ asked[compared].T, np.ones(len(compared), bool), 1.0)
    own = np.einsum("ij,ij->i", points, asked[both])
    return max(0.0, float(((own - mean) / spread).mean()))


def _spaced(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


AT_ONCE = 4096
"""Items whose shares are averaged at a time. Our choice: a share of one label then takes 32 kB."""


class Member:
    """A fitted recommender whose scores are taken in standard deviations above their mean over the items it knows.

    One that learns from events alone knows the items somebody met; one that reads places knows all. Scores that are
    standardised already stay as they are, and so stay a sum over the query's parts.
    """

    def __init__(self, model: Recommender, items: PlacedItems, interactions: Interactions) -> None:
        self.model = model
        learns_alone = model.needs_interactions and not model.reads_places
        self.known = interactions.popularity > 0 if learns_alone else np.ones(len(items.ids), bool)

    def standard(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """(q, n) float64: 0 where it does not know the item, and everywhere if it does not tell items apart."""
        scores, mean, spread = self._scores(queries)
        return np.where(self.known, scores - mean[:, None], 0.0) / spread[:, None]

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str) -> Mapping[str, np.ndarray]:
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
            for label in dict.fromkeys((*shares, *means))
        }

    def _scores(self, queries: Sequence[PlacedQuery]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scores = np.where(self.known, self.model.score(queries), 0.0)
        if self.model.standardised:
            return scores, np.zeros(len(scores)), np.ones(len(scores))
        return scores, *moments(scores, self.known, np.abs(scores).max(axis=1, initial=0.0))

    def _means(self, query: PlacedQuery, view: str) -> dict[str, float]:
        """Label -> mean of its shares over the known items."""
        if self.model.standardised:
            return {}
        rows, total = np.flatnonzero(self.known), {}
        for start in range(0, len(rows), AT_ONCE):
            for label, values in self.model.shares(query, rows[start : start + AT_ONCE], view).items():
                total[label] = total.get(label, 0.0) + float(values.sum())
        return {label: value / len(rows) for label, value in total.items()}
