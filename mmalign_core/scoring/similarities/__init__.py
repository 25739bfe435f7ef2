"""Similarity measures: how alike two places in the shared space are."""

from mmalign_core.scoring.similarities.base import SIMILARITIES, Similarity, register

__all__ = ["SIMILARITIES", "Similarity", "register"]
