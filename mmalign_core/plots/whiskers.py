"""Error bars at an interval that need not be symmetric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmalign_core.plots.colours import OTHER_COLOUR


def whiskers(
    values: Sequence[float], bounds: Sequence[Sequence[float]], *, thickness: float = 1.4, width: float = 5
) -> dict[str, Any]:
    """What plotly takes as `error_x` or `error_y`: from `bounds` (low, high) of each value."""
    return {
        "type": "data",
        "symmetric": False,
        "thickness": thickness,
        "width": width,
        "color": OTHER_COLOUR,
        "array": [max(0.0, high - value) for value, (_, high) in zip(values, bounds)],
        "arrayminus": [max(0.0, value - low) for value, (low, _) in zip(values, bounds)],
    }
