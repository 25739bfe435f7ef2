"""What recommenders that learn from who met what share: which events they take, and histories as rows of weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Self

import numpy as np
from scipy import sparse

from mmalign_core.params import param
from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import Query
from mmalign_core.types import BadInput, Progress, no_progress

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
    least_rating: float = param(
        0.0, 0.0, 1e6, help="events rated below this are not learned from; unrated ones always are"
    )

    def fit(
        self,
        items: PlacedItems,
        interactions: Interactions | None = None,
        *,
        seed: int = 0,
        progress: Progress = no_progress,
    ) -> Self:
        """Learn from these events; BadInput if there are none, or none rated high enough."""
        events = self._events(items, interactions)
        self._ids = items.ids
        self.learn(items, events, seed, progress)
        return self

    @abstractmethod
    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Learn from these events, of which there is at least one."""

    def _events(self, items: PlacedItems, interactions: Interactions | None) -> Interactions:
        if interactions is None or not len(interactions):
            raise BadInput(
                f"'{self.name}' learns from who met what, and there are no interactions with these items; give a file "
                "of user_id,item_id, or choose a recommender that reads content"
            )
        if interactions.items != len(items.ids):
            raise BadInput(
                f"the interactions number {interactions.items} items and the run has {len(items.ids)}; read them again "
                "for this run"
            )
        low = interactions.ratings < self.least_rating
        if low.all():
            raise BadInput(
                f"least_rating: no event of {len(low)} is rated {self.least_rating:g} or more (the highest is "
                f"{np.nanmax(interactions.ratings):g}); lower it"
            )
        return interactions.take(~low) if low.any() else interactions

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
