"""Matchers, which decide which source belongs to which target."""

from mmalign_core.scoring.matchers.base import MATCHERS, Matcher, register

__all__ = ["MATCHERS", "Matcher", "register"]
