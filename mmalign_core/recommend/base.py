"""What every recommender offers, and the registry that finds them."""

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


class Recommender(Parametrised, ABC):
    """Scores every item for a query, and says exactly what each score is made of."""

    name: ClassVar[str]
    summary: ClassVar[str]
    needs_interactions: ClassVar[bool] = False
    """It learns from interactions and answers by the query's history alone."""
    reads_places: ClassVar[bool] = False
    """It uses where items lie in the shared space."""
    reads_signals: ClassVar[bool] = False
    """It answers a query that has signals and no history."""
    standardised: ClassVar[bool] = False
    """Its scores are in standard deviations already, so they compare between queries and add to others as they are."""
    least_rating: float = param(
        0.0,
        0.0,
        1e6,
        help="what a user rated lower is neither learned from nor speaks for that user; what is not rated always does",
    )
    """0 leaves nothing out: everything met predicts best what is met next; what was liked, what is liked next.
    EASE, NDCG@10, from 0 to 3 of 5 on MovieLens-100k at random: films liked .360 to .375, any film .437 to .429; from 0
    to 6 of 10 on MovieTweetings by time: .052 to .055 and .060 to .062. Counting against a user's taste what they rated
    lower did worse than leaving it out."""
    settled: Mapping[str, Any] = MappingProxyType({})
    """What `fit` chose beside the model itself, such as weights, for people to read."""
    views: ClassVar[tuple[str, ...]]
    """The ways its scores can be taken apart, the first being the one shown: of "modality", "signal", "history",
    "recommender", "popularity", "taste"."""

    def fit(
        self,
        items: PlacedItems,
        interactions: Interactions | None = None,
        *,
        seed: int = 0,
        progress: Progress = no_progress,
    ) -> Self:
        """Learn from these items and, where given, from who met them. BadInput says what is missing.

        The same seed and inputs give the same scores, in whatever order the events come.
        """
        self._ids = items.ids
        self.learn(items, self._usable(items, interactions), seed, progress)
        return self

    @abstractmethod
    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """What `fit` does, with events that fit the items: at least one if the class needs interactions."""

    @abstractmethod
    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """(q, n) float64, finite: higher is better, and only comparable within a row."""

    @abstractmethod
    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Label -> (r,) what it adds to the scores of the items `rows`: all labels together give the score.

        `rows` (r,) item numbers. `view`: one of `views`, the first if empty. Labels are modalities, labels of signals,
        ids of history items or names of recommenders; what belongs to none stands under a name of its own (such as
        "popularity"). A label whose shares are all zero may be left out.
        """

    def _usable(self, items: PlacedItems, interactions: Interactions | None) -> Interactions:
        """Those rated high enough; BadInput if that is none where some are needed, or if they number other items."""
        found = no_interactions(len(items.ids)) if interactions is None else interactions
        if self.needs_interactions and not len(found):
            raise BadInput(
                f"'{self.name}' learns from who met what, and there are no interactions with these items; give a file "
                "of user_id,item_id, or choose a recommender that reads content"
            )
        if found.items != len(items.ids):
            raise BadInput(
                f"the interactions number {found.items} items and the run has {len(items.ids)}; read them again "
                "for this run"
            )
        liked = found.liked(self.least_rating)
        if len(found) and not len(liked):
            raise BadInput(
                f"least_rating: no event of {len(found)} is rated {self.least_rating:g} or more (the highest is "
                f"{np.nanmax(found.ratings):g}); lower it"
            )
        return liked


RECOMMENDERS: Registry[Recommender] = Registry("recommender", "mmalign_core.recommend", Recommender)
register = RECOMMENDERS.register
