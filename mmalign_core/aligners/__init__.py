"""Aligners in four families; each ends in one space where the modalities lie together."""

from mmalign_core.aligners.base import ALIGNERS, Aligner, NotFitted, register

__all__ = ["ALIGNERS", "Aligner", "NotFitted", "register"]
