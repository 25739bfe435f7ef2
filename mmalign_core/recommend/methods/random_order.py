"""Items in random order: the baseline of every evaluation. Not registered, because it is no choice for users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.types import Progress
from mmalign_core.wording import say


class RandomOrder(Recommender):
    """Items in a random order that depends on the seed and the user."""

    name = say("random order")
    summary = say("The items in random order: the lowest baseline")
    views = ("chance",)

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Keep the seed."""
        self._seed = seed

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n), uniform in 0..1, drawn for the query's user."""
        return np.stack([self._draw(query) for query in queries])

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return one label, "chance"."""
        return {"chance": self._draw(query)[rows]}

    def _draw(self, query: PlacedQuery) -> np.ndarray:
        return np.random.default_rng([self._seed, 0 if query.user is None else query.user + 1]).random(len(self._ids))
