"""Bars of the shares in a score, as plain values for a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmalign_core.recommend.sentences.facts import decimals, signed
from mmalign_core.types import MODALITIES
from mmalign_core.wording import say

MOST_BARS = 8
"""Bars of one item. Our choice, by eye."""
_NOTHING = 1e-3
"""Share, relative to the largest, below which a part gets no bar (half a pixel). Modalities always get one."""


def largest_share(shares: Sequence[Mapping[str, float]]) -> float:
    """Return the value of a full bar."""
    return max((abs(value) for each in shares for value in each.values()), default=0.0) or 1.0


def bars(shares: Mapping[str, float], scale: float) -> list[dict[str, Any]]:
    """Return label, value, text (`shown`), length in 0..100 and colour of each. Those beyond the largest are summed."""
    from mmalign_core.plots.colours import modality_colour

    named = [(label, value) for label, value in shares.items() if label in MODALITIES or abs(value) > _NOTHING * scale]
    largest = sorted(named, key=lambda pair: -abs(pair[1]))
    kept, rest = largest[:MOST_BARS], largest[MOST_BARS:]
    if rest:
        kept.append((say("{n} others together", n=len(rest)), sum(value for _, value in rest)))
    digits = decimals(scale)
    return [
        {
            "label": label,
            "value": value,
            "shown": signed(value, digits),
            "length": min(abs(value) / scale, 1.0) * 100,
            "colour": modality_colour(label),
        }
        for label, value in kept
    ]
