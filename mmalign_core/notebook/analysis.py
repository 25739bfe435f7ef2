"""Error analysis in a notebook: what a run gets wrong, what a repair brings, how two runs differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pandas as pd

from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, no_progress

if TYPE_CHECKING:
    from typing import Self

    from mmalign_core.workflow import Repair, Run, RunDifference


R = TypeVar("R", bound="AnalysedRun")


class AnalysedRun:
    """What can be asked of the errors of a run. `run`: the run itself; `store`: what is kept for it."""

    def __init__(self, run: Run, store: Store) -> None:
        self.run, self.store = run, store

    def errors(
        self, direction: str | None = None, *, held_out: bool = False, progress: Progress = no_progress
    ) -> pd.DataFrame:
        """One row for each query, worst first: rank, margin, what was chosen, what is right, suspicion and causes.

        `direction`: such as "image->text", both without it. `held_out`: only queries that were kept from the fit.
        BadInput where nothing was measured, or nothing was held out.
        """
        from mmalign_core.workflow import find_errors

        return find_errors(
            self.run, store=self.store, direction=direction, held_out=held_out, progress=progress
        ).table()

    def slices(
        self, direction: str | None = None, *, metric: str = "recall@10", progress: Progress = no_progress
    ) -> pd.DataFrame:
        """One row for each part of the queries, those that cost most first: n, value, difference to the rest, p and q.

        `direction`: such as "image->text", both without it. `metric`: what is compared. BadInput where nothing was
        measured.
        """
        from mmalign_core.workflow import find_slices

        return find_slices(self.run, store=self.store, direction=direction, metric=metric, progress=progress).table()

    def repair(
        self,
        suggested: int | None = None,
        *,
        aligner: str | None = None,
        params: Mapping[str, Any] | None = None,
        progress: Progress = no_progress,
    ) -> RepairResult[Self]:
        """Fit again without the `suggested` most suspected training pairs, or, without a number, as the marks of the
        data say; measure both fits on the same held-out items.

        `aligner` and its `params`: in place of the run's own. BadInput where nothing is marked or can be held out.
        """
        from mmalign_core.workflow import repair_run

        done = repair_run(
            self.run, store=self.store, suggested=suggested, aligner=aligner, params=params, progress=progress
        )
        return RepairResult(done, self)

    def difference(self, other: AnalysedRun, *, progress: Progress = no_progress) -> DifferenceResult:
        """What `other` does better or worse than this run, on the queries that both were asked."""
        from mmalign_core.workflow import compare_runs

        if not isinstance(other, AnalysedRun):
            raise BadInput(f"{type(other).__name__} is no run; give one of mm.align(…), or mm.load(…) of its name")
        return DifferenceResult(compare_runs(self.run, other.run, store=self.store, progress=progress))


@dataclass(frozen=True, repr=False)
class RepairResult(Generic[R]):
    """What a repair brings. `details`: everything that was found; `source`: the run that was repaired."""

    details: Repair
    source: R

    @property
    def verdict(self) -> str:
        """What came of it, in one sentence."""
        return self.details.verdict()

    @cached_property
    def report(self) -> dict[str, Any]:
        """What `repair --json` prints."""
        return self.details.report()

    @property
    def table(self) -> pd.DataFrame:
        """One row for each direction and metric: before, after, value of the difference, low, high, p, n, split."""
        found = self.report
        rows = _rows(found["difference"], before=found["before"], after=found["after"])
        counts = {way: metrics["n"] for way, metrics in found["after"].items()}
        return pd.DataFrame([{**row, "n": counts[row["direction"]], "split": found["split"]} for row in rows])

    @property
    def dropped(self) -> pd.DataFrame:
        """One row for each change among the training pairs: id, modality, action, other, because, suspicion, note."""
        return pd.DataFrame(self.report["dropped"])

    @cached_property
    def run(self) -> R:
        """The run of the repaired data."""
        return type(self.source)(self.details.repaired_run(store=self.source.store), self.source.store)

    def __repr__(self) -> str:
        return f"{self.verdict}\n{self.table.to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.verdict)}</p>{self.table.to_html(index=False, float_format='{:.3f}'.format)}"


@dataclass(frozen=True, repr=False)
class DifferenceResult:
    """What differs between two runs. `details`: everything that was found; values are the second less the first."""

    details: RunDifference

    @property
    def table(self) -> pd.DataFrame:
        """One row for each direction and metric: before, after, value, low, high, p, n, won, lost; empty where the
        runs share no query."""
        found = self.details.directions
        metrics = {way: one.metrics() for way, one in found.items()}
        sides = ({way: {name: row[side] for name, row in of.items()} for way, of in metrics.items()} for side in "ab")
        counts = {way: {"n": len(one.items), "won": len(one.won), "lost": len(one.lost)} for way, one in found.items()}
        rows = _rows(metrics, *sides)
        return pd.DataFrame([row | counts[row["direction"]] for row in rows])

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be compared, and why."""
        why = (f"not compared: {self.details.unmeasured}",) if self.details.unmeasured else ()
        return (*why, *self.details.notes)

    def __repr__(self) -> str:
        return "\n".join([self.table.to_string(index=False)] * bool(self.details.directions) + [*self.notes])

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, float_format="{:.3f}".format) if self.details.directions else ""
        return table + "".join(f"<p>{escape(note)}</p>" for note in self.notes)


def _rows(
    difference: Mapping[str, Mapping[str, Mapping[str, Any]]],
    before: Mapping[str, Mapping[str, float]],
    after: Mapping[str, Mapping[str, float]],
) -> Iterable[dict[str, Any]]:
    for way, metrics in difference.items():
        for name, found in metrics.items():
            sides = {"before": before[way][name], "after": after[way][name]}
            low, high = found["ci95"]
            interval = {"low": low, "high": high, "p": found["p"]}
            yield {"direction": way, "metric": name, **sides, "value": found["value"], **interval}
