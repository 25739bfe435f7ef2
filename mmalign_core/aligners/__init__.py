"""Aligners in four families. Each one places all modalities in one shared space, where they can be compared."""

from mmalign_core.aligners.base import ALIGNERS, Aligner, NotFitted, register

__all__ = ["ALIGNERS", "Aligner", "NotFitted", "register"]
