"""Similarity measures of two places in the shared space."""

from mmalign_core.scoring.similarities.base import SIMILARITIES, Similarity, register

__all__ = ["SIMILARITIES", "Similarity", "register"]
