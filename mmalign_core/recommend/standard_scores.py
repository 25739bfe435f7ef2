"""Scores in standard deviations, which makes scores of modalities and of recommenders comparable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.vectors import unit_rows

FLAT = 1e-4
"""Spread, relative to the largest value, below which differences count as rounding: single precision's error is a
thousandth of it."""


def moments(values: np.ndarray, known: np.ndarray, largest: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation (q,) float64 of each row of `values` (q, n) over the `known` (n,) bool.

    `values` must be 0 where not known, so that one pass over all is enough. `largest` (q,): the largest possible value.
    A row that is almost constant, or has no known values, has an infinite spread: scores divided by it are 0.
    """
    count = max(int(known.sum()), 1)
    mean = values.sum(axis=1, dtype=np.float64) / count
    squares = np.einsum("ij,ij->i", values, values, dtype=np.float64) / count
    return mean, usable_spread(np.sqrt(np.maximum(squares - mean**2, 0.0)), largest)


def usable_spread(spread: np.ndarray, largest: np.ndarray | float) -> np.ndarray:
    """Return the spreads (q,), infinite where they are rounding beside the `largest` possible value."""
    return np.where(spread <= FLAT * largest, np.inf, spread)


LEAST = 5
"""Fewest items with both modalities for a mean. Our choice."""
MOST_QUERIES, MOST_COMPARED = 400, 4000
"""Most items used as queries and as candidates, evenly spaced: 1.6 million cosines. Our choice."""


def reliability(items: PlacedItems, source: str) -> dict[str, float]:
    """Return modality -> factor of its standardised cosines for queries of the modality `source`; their mean is 1.

    The factor is proportional to the mean z-score of an item's own place when its `source` vector is the query. If the
    scores of right and wrong items differ in mean alone, this is the weight whose sum separates them best (Fisher
    1936). A modality that no item has together with `source` gets the smallest factor of the others. All factors are
    1 if there is nothing to estimate them from.
    """
    known = {m: _own_item_z(items, source, m) for m in items.parts} if source in items.parts else {}
    least = min((value for value in known.values() if value is not None), default=0.0)
    found = {m: least if value is None else value for m, value in known.items()}
    total = sum(found.values())
    return {m: value * len(found) / total for m, value in found.items()} if total else dict.fromkeys(items.parts, 1.0)


def _own_item_z(items: PlacedItems, source: str, modality: str) -> float | None:
    """Return the mean z-score of items' own places, at least 0; None if too few have both or the widths differ."""
    queries, candidates = items.parts[source], items.parts[modality]
    both = np.flatnonzero(items.present(source) & items.present(modality))
    if len(both) < LEAST or queries.shape[1] != candidates.shape[1]:
        return None
    both = _spaced(both, MOST_QUERIES)
    points = unit_rows(queries[both])
    compared = _spaced(np.flatnonzero(items.present(modality)), MOST_COMPARED)
    mean, spread = moments(points @ candidates[compared].T, np.ones(len(compared), bool), 1.0)
    own = np.einsum("ij,ij->i", points, candidates[both])
    return max(0.0, float(((own - mean) / spread).mean()))


def _spaced(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


AT_ONCE = 4096
"""Items whose shares are averaged at a time. Our choice: a share of one label then takes 32 kB."""


class Member:
    """A fitted recommender whose scores are standardised over the items that it knows.

    One that learns only from events knows the items with events; one that reads places knows all. Scores that are
    standardised already stay unchanged, so they remain a sum over the query's parts.
    """

    def __init__(self, model: Recommender, items: PlacedItems, interactions: Interactions) -> None:
        self.model = model
        learns_alone = model.needs_interactions and not model.reads_places
        self.known = interactions.popularity > 0 if learns_alone else np.ones(len(items.ids), bool)

    def standard(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n) float64: 0 for unknown items, and everywhere if all scores are equal."""
        scores, mean, spread = self._scores(queries)
        return np.where(self.known, scores - mean[:, None], 0.0) / spread[:, None]

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str) -> Mapping[str, np.ndarray]:
        """Return label -> (r,) share of the standardised score, or one share under its name if it lacks the view.

        The mean of a sum is the sum of the means: each label's share is reduced by its own mean over the known items.
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
        """Return label -> mean of its shares over the known items."""
        if self.model.standardised:
            return {}
        rows, total = np.flatnonzero(self.known), {}
        for start in range(0, len(rows), AT_ONCE):
            for label, values in self.model.shares(query, rows[start : start + AT_ONCE], view).items():
                total[label] = total.get(label, 0.0) + float(values.sum())
        return {label: value / len(rows) for label, value in total.items()}
