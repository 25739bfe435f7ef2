"""What recommenders that learn from who met what share: which events they take, and histories as rows of weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.query import Query
from mmalign_core.types import BadInput

TASTE = "taste"
"""Label of what comes from who met what, not from the items' media."""
POPULARITY = "popularity"
"""Label of what an item's score has for everybody alike."""

Shares = dict[str, np.ndarray]


class Collaborative(Recommender):
    """Learns from events and answers by the query's history; a user is no more than what he met.

    So users the fit never saw, and histories with an item taken out, are served like any other, and shares by item of
    the history are exact. An empty history gets what everybody gets: 0, or the items' popularity.
    """

    needs_interactions = True
    views = ("history",)

    def _named(self, query: Query, terms: np.ndarray) -> Shares:
        """Id of each item of the history -> its row of `terms` (h, r)."""
        return {self._ids[row]: values for row, values in zip(query.history, terms)}


def with_share(shares: Mapping[str, np.ndarray], label: str, values: np.ndarray) -> Shares:
    """The shares and one more; an item that happens to bear this label keeps its own added to it."""
    return {**shares, label: shares[label] + values if label in shares else values}


def history_weights(query: Query) -> tuple[np.ndarray, np.ndarray]:
    """(h,) numbers of the items and (h,) float64 weights of a query's history."""
    return np.fromiter(query.history.keys(), np.int64), np.fromiter(query.history.values(), np.float64)


def rated_matrix(events: Interactions) -> sparse.csr_array:
    """(users, items) float32: the mean rating each user gave the item. BadInput unless every event has a rating."""
    missing = int(np.isnan(events.ratings).sum())
    if missing:
        raise BadInput(f"ratings: {missing} of {len(events)} events have no rating; leave ratings off")
    keys, which = np.unique(events.rows * events.items + events.columns, return_inverse=True)
    means = np.bincount(which, events.ratings) / np.bincount(which)
    place = (keys // events.items, keys % events.items)
    return sparse.csr_array((means.astype(np.float32), place), shape=(len(events.users), events.items))
