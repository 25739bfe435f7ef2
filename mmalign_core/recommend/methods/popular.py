"""Most popular: the items with most users, the same for every query. A baseline for the other recommenders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.recommend.base import Recommender, register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.types import Progress
from mmalign_core.wording import say


@register("popular")
class Popular(Recommender):
    """Score of an item: the share of all users who have met it, in 0..1."""

    summary = say("The items with the most users, the same for everybody: a baseline")
    needs_interactions = True
    views = ("popularity",)

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Count the users of each item."""
        self._share = events.popularity / max(len(events.users), 1)

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n): the same row for every query."""
        return np.tile(self._share, (len(queries), 1))

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return one label, "popularity"."""
        return {"popularity": self._share[rows]}
