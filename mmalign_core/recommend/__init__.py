"""Recommenders: from a query, a history or both to items with reasons."""

from mmalign_core.recommend.base import RECOMMENDERS, Recommender, register
from mmalign_core.recommend.interactions import Interactions, interactions_of
from mmalign_core.recommend.items import PlacedItems, place_items, scale_weights
from mmalign_core.recommend.knockout import knockouts
from mmalign_core.recommend.query import Query, Signal
from mmalign_core.recommend.ranking import top

__all__ = [
    "RECOMMENDERS",
    "Interactions",
    "PlacedItems",
    "Query",
    "Recommender",
    "Signal",
    "interactions_of",
    "knockouts",
    "place_items",
    "register",
    "scale_weights",
    "top",
]
