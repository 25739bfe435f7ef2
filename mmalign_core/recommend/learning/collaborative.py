"""Base classes of recommenders that learn from interactions, also of those with a matrix of weights between items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.types import BadInput
from mmalign_core.wording import say

TASTE = "taste"
"""Label of the share that comes from interactions and not from the items' media."""
POPULARITY = "popularity"
"""Label of the share that is the same for every user."""

MOST_ITEMS = 20_000
"""Largest number of items with events for which the matrix between them (1.6 GB at this size, twice) is made."""

Shares = dict[str, np.ndarray]


class Collaborative(Recommender):
    """Learns from events and reads only the query's history: a user is represented by the items of that history.

    New users, and histories with an item left out, are therefore scored like any other, and the shares by item of the
    history are exact. For an empty history the scores are 0 or the items' popularity.
    """

    needs_interactions = True
    views = ("history",)

    def _named(self, query: PlacedQuery, terms: np.ndarray) -> Shares:
        """Return id of each item of the history -> its row of `terms` (h, r)."""
        return {self._ids[row]: values for row, values in zip(query.history, terms)}


def with_share(shares: Mapping[str, np.ndarray], label: str, values: np.ndarray) -> Shares:
    """Return the shares and one more. If an item has this label as its id, the values are added to its share."""
    return {**shares, label: shares[label] + values if label in shares else values}


def history_weights(query: PlacedQuery) -> tuple[np.ndarray, np.ndarray]:
    """Return (h,) the numbers of the items and (h,) float64 the weights of a query's history."""
    return np.fromiter(query.history.keys(), np.int64), np.fromiter(query.history.values(), np.float64)


def rated_matrix(events: Interactions) -> sparse.csr_array:
    """Return (users, items) float32: each user's mean rating of the item. BadInput if an event lacks a rating."""
    missing = int(np.isnan(events.ratings).sum())
    if missing:
        raise BadInput(
            say("ratings: {missing} of {n} events have no rating; leave ratings off", missing=missing, n=len(events))
        )
    keys, which = np.unique(events.rows * events.items + events.columns, return_inverse=True)
    means = np.bincount(which, events.ratings) / np.bincount(which)
    place = (keys // events.items, keys % events.items)
    return sparse.csr_array((means.astype(np.float32), place), shape=(len(events.users), events.items))


class ItemWeights(Collaborative):
    """score(i) = Σ_h w_h B[h, i] over the history, with a matrix B between items that have events; others score 0."""

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n): the weighted sum of the history's rows of B."""
        return np.stack([self._scores(query) for query in queries])

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return the shares by item of the history: w_h B[h, i]."""
        return self._named(query, self._terms(query, np.asarray(rows)))

    def known_items(self, events: Interactions) -> np.ndarray:
        """Return (m,) the numbers of the items that have events. BadInput beyond 20,000."""
        met = np.flatnonzero(events.popularity)
        if len(met) > MOST_ITEMS:
            raise BadInput(
                say(
                    "'{name}' holds a weight between every two items, and {n} have interactions (at most "
                    "{most_items}); choose als, bpr or lightgcn, or leave out the rarest items",
                    name=self.name,
                    n=len(met),
                    most_items=MOST_ITEMS,
                )
            )
        return met

    def _keep(self, met: np.ndarray, between: np.ndarray) -> None:
        """Keep `met` (m,), the numbers of the items, and `between` (m, m), the weight of row item for column item."""
        self._place = np.full(len(self._ids), -1)
        self._place[met] = np.arange(len(met))
        self._between = between

    def _scores(self, query: PlacedQuery) -> np.ndarray:
        history, weights = history_weights(query)
        sources, met = self._place[history], self._place >= 0
        scores = np.zeros(len(self._ids))
        scores[met] = weights[sources >= 0] @ self._between[sources[sources >= 0]]
        return scores

    def _terms(self, query: PlacedQuery, rows: np.ndarray) -> np.ndarray:
        """Return (h, r) float64."""
        history, weights = history_weights(query)
        sources, targets = self._place[history], self._place[rows]
        terms = np.zeros((len(history), len(rows)))
        known, met = np.flatnonzero(sources >= 0), np.flatnonzero(targets >= 0)
        terms[np.ix_(known, met)] = self._between[np.ix_(sources[known], targets[met])]
        return terms * weights[:, None]
