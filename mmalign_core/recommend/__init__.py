"""Recommenders: from a point in the shared space to items with reasons."""

from mmalign_core.recommend.base import RECOMMENDERS, Recommender, register
from mmalign_core.recommend.placed import PlacedItems, place_items, scale_weights

__all__ = ["RECOMMENDERS", "PlacedItems", "Recommender", "place_items", "register", "scale_weights"]
