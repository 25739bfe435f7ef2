"""What every recommender offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.recommend.placed import PlacedItems
from mmalign_core.registry import Registry
from mmalign_core.types import Recommendation

Query = Mapping[str, np.ndarray]
"""Modality -> the point (d,) that items' places in that modality are compared with."""


class Recommender(Parametrised, ABC):
    """Ranks items for a query in the shared space."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def recommend(
        self,
        items: PlacedItems,
        query: Query,
        *,
        k: int = 10,
        weights: Mapping[str, float] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Recommendation]:
        """The k best items for the query; contributions sum to each score."""


RECOMMENDERS: Registry[Recommender] = Registry("recommender", "mmalign_core.recommend")
register = RECOMMENDERS.register
