"""What a repair brings: two fits measured on the same held-out queries, with the interval of their difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.metrics.bootstrap import (
    bootstrap_intervals,
    difference,
    paired_bootstrap,
    resampled_metrics,
)
from mmalign_core.metrics.retrieval import Direction
from mmalign_core.types import BadInput
from mmalign_core.wording import say

Directions = Mapping[str, Direction]
"""Direction ("image->text") -> what each of its queries met."""
_BY = "mrr"
"""The metric that the verdict goes by: of all metrics the one that every rank moves."""


@dataclass(frozen=True)
class Effect:
    """Both measurements, and `seed` of the resampling; they met the same queries over equally many candidates."""

    before: Directions
    after: Directions
    seed: int = 0

    def __post_init__(self) -> None:
        if not any(found.items for found in self.before.values()):
            raise BadInput(say("no held-out pair is left to measure the repair on; hold more out, or undo marks"))

    @property
    def n_held_out(self) -> int:
        """Items that were measured."""
        return len({item for found in self.before.values() for item in found.items})

    def report(self) -> dict[str, Any]:
        """`before`, `after`, their `ci95`, `difference`, `fixed`, `broken`, `by_direction`, `n_held_out`, `mean_mrr`.

        An item is fixed where a query of it was decided wrongly before and rightly after, in any direction, and broken
        where it is the other way round.
        """
        ways, both = list(self.before), {"before": self.before, "after": self.after}
        turned = {way: self._turned(way) for way in ways}
        return {
            **{name: {way: d.metrics(d.outcome) for way, d in found.items()} for name, found in both.items()},
            "ci95": {
                name: {way: bootstrap_intervals(d.outcome, d.items, seed=self.seed) for way, d in found.items()}
                for name, found in both.items()
            },
            "difference": {way: self._difference(way) for way in ways},
            **{name: sorted({item for way in ways for item in turned[way][name]}) for name in ("fixed", "broken")},
            "by_direction": turned,
            "n_held_out": self.n_held_out,
            "mean_mrr": self.mean_mrr(),
        }

    def mean_mrr(self) -> dict[str, Any]:
        """The mean reciprocal rank, mean of both directions: `before`, `after`, and the `value`, `ci95` and `p` of
        their difference. All queries of an item, of both directions, are drawn together."""
        sides = [(self.before[way], self.after[way]) for way in self.before]
        means = [float(np.mean([d.outcome.metrics()[_BY] for d in column])) for column in zip(*sides)]
        drawn = [self._drawn(after) - self._drawn(before) for before, after in sides]
        found = difference(means[1] - means[0], np.mean(drawn, axis=0))
        return {"before": means[0], "after": means[1], **_named(found)}

    def verdict(self) -> str:
        """What the interval of the mean reciprocal rank says, in one sentence."""
        found = self.mean_mrr()
        low, high = found["ci95"]
        change = say(
            "{before:.3f} to {after:.3f} (difference {value:+.3f}, 95% interval {low:+.3f} to {high:+.3f}) over "
            "{n} held-out items",
            before=found["before"], after=found["after"], value=found["value"], low=low, high=high, n=self.n_held_out,
        )  # fmt: skip
        if low > 0:
            return say("The repair helps: the mean reciprocal rank rises from {change}.", change=change)
        if high < 0:
            return say("The repair does harm: the mean reciprocal rank falls from {change}.", change=change)
        return say(
            "It cannot be shown that the repair helps: the mean reciprocal rank goes from {change}.", change=change
        )

    def _difference(self, way: str) -> dict[str, dict[str, Any]]:
        found = paired_bootstrap(self.after[way], self.before[way], seed=self.seed)
        return {metric: _named(row) for metric, row in found.items()}

    def _drawn(self, direction: Direction) -> np.ndarray:
        return resampled_metrics(direction.outcome, direction.items, seed=self.seed)[_BY]

    def _turned(self, way: str) -> dict[str, list[str]]:
        before, after = self.before[way], self.after[way]
        was, now = before.outcome.correct, after.outcome.correct
        turned = {"fixed": now & ~was, "broken": was & ~now}
        return {name: sorted({before.items[int(row)] for row in np.flatnonzero(rows)}) for name, rows in turned.items()}


def _named(found: Mapping[str, float]) -> dict[str, Any]:
    return {"value": float(found["difference"]), "ci95": [found["low"], found["high"]], "p": float(found["p"])}
