"""Which directions of a report find no more than shuffled pairs would, so that the numbers are not read as success."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BY = "mrr"
"""Of all metrics the one that every rank moves: a recall of 0 or of 1 tells nothing about the rest of the list."""


def at_chance(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The directions ("image->text") whose 95% interval of the mean reciprocal rank reaches down to that of pairs
    shuffled by item. `report`: holds metrics, ci95 and baseline as `Evaluation.report` gives them; a direction
    without queries is not among them."""
    bounds = {way: found[_BY][0] for way, found in report["ci95"].items() if _BY in found}
    return tuple(way for way, low in bounds.items() if low <= report["baseline"][way][_BY])
