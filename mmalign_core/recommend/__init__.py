"""Recommenders: they rank items for a query and split each score into shares."""

from mmalign_core.recommend.base import RECOMMENDERS, Recommender, register
from mmalign_core.recommend.controls import Controls
from mmalign_core.recommend.counterfactuals import knockouts
from mmalign_core.recommend.interactions import Interactions, interactions_of
from mmalign_core.recommend.items import PlacedItems, place_items, scale_weights
from mmalign_core.recommend.query import PlacedPart, PlacedQuery, Signal
from mmalign_core.recommend.query_spec import QueryPart, QuerySpec
from mmalign_core.recommend.ranking import top

__all__ = [
    "RECOMMENDERS",
    "Controls",
    "Interactions",
    "PlacedItems",
    "PlacedPart",
    "PlacedQuery",
    "QueryPart",
    "QuerySpec",
    "Recommender",
    "Signal",
    "interactions_of",
    "knockouts",
    "place_items",
    "register",
    "scale_weights",
    "top",
]
