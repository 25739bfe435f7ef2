"""The base class of all recommenders, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from mmalign_core.params import Parametrised, param
from mmalign_core.recommend.interactions import Interactions, no_interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.registry import Registry
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say


class SumsOverPlaces(ABC):
    """A recommender whose scores are sums of products with the items' places, so that an index finds the best."""

    @abstractmethod
    def directions(self, query: PlacedQuery) -> Mapping[str, tuple[np.ndarray, float]]:
        """Return modality -> direction (k_m,) and offset.

        The score of an item is the sum of place · direction - offset over the modalities that it has.
        """


class Recommender(Parametrised, ABC):
    """Scores every item for a query, and splits each score exactly into shares."""

    name: ClassVar[str]
    summary: ClassVar[str]
    needs_interactions: ClassVar[bool] = False
    """Whether it learns from interactions and reads only the history of a query."""
    reads_places: ClassVar[bool] = False
    """Whether it uses the items' vectors in the shared space."""
    reads_signals: ClassVar[bool] = False
    """Whether it can answer a query that has signals (texts, files) and no history."""
    standardised: ClassVar[bool] = False
    """Whether its scores are in standard deviations, and so comparable between queries and with other such scores."""
    least_rating: float = param(
        0.0,
        0.0,
        1e6,
        help=say(
            "events rated lower by a user are left out of learning and of histories; events without a rating count"
        ),
    )
    """0 leaves nothing out. All events predict best which item a user meets next, events rated high which one the
    user likes next. EASE, NDCG@10, from 0 to 3 of 5 on MovieLens-100k, random split: liked films .360 to .375, any film
    .437 to .429. From 0 to 6 of 10 on MovieTweetings, split by time: .052 to .055 and .060 to .062. Counting events
    rated lower with negative weight did worse than leaving them out."""
    settled: Mapping[str, Any] = MappingProxyType({})
    """Values that `fit` chose, such as weights, for display."""
    views: ClassVar[tuple[str, ...]]
    """How its scores can be split; the first view is the default. Views: "modality", "signal", "history",
    "recommender", "popularity", "taste"."""

    def fit(
        self,
        items: PlacedItems,
        interactions: Interactions | None = None,
        *,
        seed: int = 0,
        progress: Progress = no_progress,
    ) -> Self:
        """Learn from the items and, if given, from the interactions, and return the recommender.

        The same seed and inputs give the same scores. The order of the events does not matter. Raises BadInput if
        interactions are required and missing, or do not belong to these items.
        """
        self._ids = items.ids
        self.learn(items, self._usable(items, interactions), seed, progress)
        return self

    @abstractmethod
    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Learn from items and checked events. There is at least one event if the class needs interactions."""

    @abstractmethod
    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return scores (q, n), finite float64. Higher is better. Scores are comparable only within a row."""

    @abstractmethod
    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return label -> shares (r,) of the scores of the items `rows`. The shares of all labels sum to the scores.

        `rows` (r,): item numbers. `view`: one of `views`, or '' for the first. Labels are modalities, signal labels,
        ids of history items or names of recommenders. Other parts of a score have names of their own, such as
        "popularity". Labels whose shares are all zero may be omitted.
        """

    def _usable(self, items: PlacedItems, interactions: Interactions | None) -> Interactions:
        """Return the events rated `least_rating` or more.

        Raises BadInput if none is left although some are needed, or if the events number other items.
        """
        found = no_interactions(len(items.ids)) if interactions is None else interactions
        if self.needs_interactions and not len(found):
            raise BadInput(
                say(
                    "'{name}' learns from interactions, and there are none with these items; give a file of "
                    "user_id,item_id, or choose a recommender that reads content",
                    name=self.name,
                )
            )
        if found.items != len(items.ids):
            raise BadInput(
                say(
                    "the interactions number {items} items and the run has {n}; read them again for this run",
                    items=found.items,
                    n=len(items.ids),
                )
            )
        liked = found.liked(self.least_rating)
        if len(found) and not len(liked):
            raise BadInput(
                say(
                    "least_rating: no event of {n} is rated {least_rating:g} or more (the highest is {nanmax:g}); "
                    "lower it",
                    n=len(found),
                    least_rating=self.least_rating,
                    nanmax=np.nanmax(found.ratings),
                )
            )
        return liked


RECOMMENDERS: Registry[Recommender] = Registry("recommender", "mmalign_core.recommend", Recommender)
register = RECOMMENDERS.register
