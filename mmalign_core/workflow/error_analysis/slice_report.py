"""What was found in the slices of a run, as JSON and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mmalign_core.triage.slices import SMALLEST, Slice
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.wording import say


@dataclass(frozen=True)
class DirectionSlices:
    """The slices of one direction, beside the metric of all its `n` queries (of `n_items` items)."""

    queries: EmbeddingSet
    n: int
    n_items: int
    value: float
    ci95: tuple[float, float]
    slices: tuple[Slice, ...]

    def with_slices(self, slices: Sequence[Slice]) -> DirectionSlices:
        """The same with these slices, in the order of `worst_first`."""
        return replace(self, slices=worst_first(slices))


@dataclass(frozen=True)
class SliceReport:
    """The slices of a run by direction ("image->text"), the worst first.

    `split`: how the run held items out, in words; `held_out`: whether held-out queries alone are measured. `metric`:
    what is measured. `notes`: sentences that say what could not be looked at.
    """

    run: str
    split: str
    held_out: bool
    metric: str
    directions: Mapping[str, DirectionSlices]
    notes: tuple[str, ...] = ()

    @property
    def n_tried(self) -> int:
        """How many slices were measured, of all directions: q corrects for so many."""
        return sum(len(part.slices) for part in self.directions.values())

    def find(self, key: str, direction: str) -> Slice:
        """The slice of this key and direction. BadInput where there is none."""
        part = self.directions.get(direction)
        found = next((one for one in part.slices if one.key == key), None) if part else None
        if found is None:
            raise BadInput(
                say(
                    "run '{run}' has no slice '{key}' {direction}; `mmalign slices` lists them",
                    run=self.run,
                    key=key,
                    direction=direction,
                )
            )
        return found

    def worst(self) -> tuple[str, Slice] | None:
        """Direction and slice that cost most among those that are surely worse; None where none is.

        The cost is n x difference. Causes are left out: they are findings themselves.
        """
        worse = [
            (way, one)
            for way, part in self.directions.items()
            for one in part.slices
            if one.is_significant and one.difference < 0 and one.group.kind != "cause"
        ]
        return min(worse, key=lambda found: found[1].n * found[1].difference, default=None)

    def report(self) -> dict[str, Any]:
        """What `slices --json` prints."""
        return {
            "run": self.run,
            "direction": next(iter(self.directions)) if len(self.directions) == 1 else None,
            "directions": [*self.directions],
            "split": self.split,
            "held_out": self.held_out,
            "metric": self.metric,
            "overall": {
                way: {"n": part.n, "n_items": part.n_items, "value": part.value, "ci95": [*part.ci95]}
                for way, part in self.directions.items()
            },
            "n_tried": self.n_tried,
            "smallest": SMALLEST,
            "slices": [self._row(way, one) for way, part in self.directions.items() for one in part.slices],
            "notes": [*self.notes],
        }

    def table(self) -> pd.DataFrame:
        """One row a slice, in the order of the JSON, without the ids of the items."""
        return pd.DataFrame([_flat(row) for row in self.report()["slices"]], columns=[*_COLUMNS])

    def _row(self, way: str, one: Slice) -> dict[str, Any]:
        return {
            "key": one.key,
            "direction": way,
            "kind": one.group.kind,
            "label": one.group.label,
            "defined_by": dict(one.group.defined_by),
            "n": one.n,
            "n_items": len(one.items),
            "metric": self.metric,
            "value": one.value,
            "ci95": [*one.ci95],
            "compared_with": say("all others") if one.group.among is None else say("other wrong queries"),
            "rest": {"n": one.n_rest, "value": one.rest, "ci95": [*one.rest_ci95]},
            "difference": {"value": one.difference, "ci95": [*one.difference_ci95], "p": one.p, "q": one.q},
            "significant": one.is_significant,
            "items": [*one.items],
        }


def worst_first(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    """The slices that surely differ before the others, each part by rising difference, then by key."""
    return tuple(sorted(slices, key=lambda one: (not one.is_significant, one.difference, one.key)))


_COLUMNS = (
    *("direction", "key", "kind", "label", "n", "n_items", "metric", "value", "low", "high", "compared_with"),
    *("n_rest", "rest", "difference", "difference_low", "difference_high", "p", "q", "significant"),
)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A slice of the JSON as one row of the table."""
    (low, high), (lower, upper) = row["ci95"], row["difference"]["ci95"]
    return {
        **{name: row[name] for name in _COLUMNS if name in row and name != "rest"},
        "low": low,
        "high": high,
        "n_rest": row["rest"]["n"],
        "rest": row["rest"]["value"],
        "difference": row["difference"]["value"],
        "difference_low": lower,
        "difference_high": upper,
        "p": row["difference"]["p"],
        "q": row["difference"]["q"],
    }
