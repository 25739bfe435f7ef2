"""What every recommender offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import Query
from mmalign_core.registry import Registry
from mmalign_core.types import Progress, no_progress


class Recommender(Parametrised, ABC):
    """Scores every item for a query, and says exactly what each score is made of."""

    name: ClassVar[str]
    summary: ClassVar[str]
    needs_interactions: ClassVar[bool] = False
    """It learns from who met what, and answers by the query's history alone."""
    reads_places: ClassVar[bool] = False
    """It uses where items lie in the shared space."""
    reads_signals: ClassVar[bool] = False
    """It answers a query that has signals and no history."""
    standardised: ClassVar[bool] = False
    """Its scores are in standard deviations already, so they compare between queries and add to others as they are."""
    views: ClassVar[tuple[str, ...]]
    """The ways its scores can be taken apart, the first being the one shown: of "modality", "signal", "history",
    "recommender", "popularity", "taste"."""

    @abstractmethod
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

    @abstractmethod
    def score(self, queries: Sequence[Query]) -> np.ndarray:
        """(q, n) float64, finite: higher is better, and only comparable within a row."""

    @abstractmethod
    def shares(self, query: Query, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Label -> (r,) what it adds to the scores of the items `rows`: all labels together give the score.

        `rows` (r,) item numbers. `view`: one of `views`, the first if empty. Labels are modalities, labels of signals,
        ids of history items or names of recommenders; what belongs to none stands under a name of its own (such as
        "popularity"). A label whose shares are all zero may be left out.
        """


RECOMMENDERS: Registry[Recommender] = Registry("recommender", "mmalign_core.recommend")
register = RECOMMENDERS.register
