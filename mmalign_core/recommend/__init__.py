"""Recommenders: from a point in the shared space to items with reasons."""

from mmalign_core.recommend.base import RECOMMENDERS, Recommender, register
from mmalign_core.recommend.fused import FusedItems, fuse_items, scale_weights

__all__ = ["RECOMMENDERS", "FusedItems", "Recommender", "fuse_items", "register", "scale_weights"]
