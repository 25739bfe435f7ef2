"""What an explanation of a score is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """Why a score is what it is: contributions (label, value) that sum to `score`."""

    score: float
    contributions: tuple[tuple[str, float], ...]
    method: str
    faithfulness: Mapping[str, float] | None = None
