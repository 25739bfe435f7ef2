"""The one number that stands for a direction of a run: recall at a cut that says something among so many candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.metrics.bootstrap import share_interval

WIDE, NARROW = 10, 1
"""The cuts: what fits on one screen of answers, and the first answer alone."""
FEW = 50
"""Candidates below which the narrow cut counts: ten of them would be found by chance for a fifth of the queries. Our
choice."""


@dataclass(frozen=True)
class LeadingShare:
    """Recall at `cut` of one direction, in 0..1, with its 95% interval, None where the report holds none.

    `chance`: that of shuffled pairs, or of a guess where that is more: a shuffle of a few items is often 0 by luck.
    """

    cut: int
    value: float
    low: float | None
    high: float | None
    chance: float
    n: int
    candidates: float

    @property
    def metric(self) -> str:
        """Its name in reports, "recall@10"."""
        return recall_at(self.cut)

    @property
    def hits(self) -> int:
        """Queries with a right answer at this cut."""
        return round(self.value * self.n)

    @property
    def few(self) -> bool:
        """Whether there are too few candidates for the wide cut."""
        return self.cut == NARROW


def recall_at(cut: int) -> str:
    """Return the name of the metric."""
    return f"recall@{cut}"


def leading_cut(candidates: float) -> int:
    """Return the cut that says something among so many candidates."""
    return WIDE if candidates >= FEW else NARROW


def leading_metric(report: Mapping[str, Any]) -> str:
    """Return the one metric for all directions of a report: that of the direction with fewest candidates."""
    return recall_at(leading_cut(min((values["candidates"] for values in report["metrics"].values()), default=FEW)))


def leading_share(report: Mapping[str, Any], way: str) -> LeadingShare:
    """Return the number that stands for the direction `way` of a report.

    The interval is the report's (bootstrap by item); among few candidates it is Wilson's, since a share of 0 or 1 of a
    few queries leaves nothing to resample.
    """
    metric, values = leading_metric(report), report["metrics"][way]
    cut, n = int(metric.removeprefix("recall@")), int(values["n"])
    low, high = report.get("ci95", {}).get(way, {}).get(metric, (None, None))
    if cut == NARROW:
        low, high = share_interval(round(values[metric] * n), n)
    shuffled = report.get("baseline", {}).get(way, {}).get(metric, 0.0)
    chance = max(shuffled, min(1.0, cut / values["candidates"])) if cut == NARROW else shuffled
    return LeadingShare(cut, values[metric], low, high, chance, n, values["candidates"])
