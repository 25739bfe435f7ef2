"""Use case: what differs between two runs: every metric on the queries that both were asked, neighbours, choices, data.

Differences are B less A. Both runs are ranked anew over what both held out: the same queries meet the same candidates.
Where the two hold out the same items, that gives the numbers of their own reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.bootstrap import paired_bootstrap
from mmalign_core.metrics.ranking import measure_direction
from mmalign_core.metrics.retrieval import Direction, pooled
from mmalign_core.progress import within
from mmalign_core.store import Store
from mmalign_core.types import Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.drift import NeighbourDrift, neighbour_drift, shared_rows
from mmalign_core.workflow.error_analysis.refit import MeasuredPart, measured_parts
from mmalign_core.workflow.error_analysis.run_facts import DataDifference, choice_differences, data_difference

Cell = tuple[MeasuredPart, MeasuredPart]


@dataclass(frozen=True)
class DirectionDifference:
    """One direction over the m queries that both runs were asked, among the same candidates.

    `items` (m,): the item of each query. `before` is run A, `after` run B. `bootstrap`: metric -> difference (B - A)
    with `low`, `high` and p. `n_before` and `n_after`: the queries behind each run's own report.
    """

    way: str
    items: tuple[str, ...]
    before: Direction
    after: Direction
    bootstrap: Mapping[str, Mapping[str, float]]
    n_before: int
    n_after: int

    @property
    def won(self) -> tuple[str, ...]:
        """Items of the queries that B decides right and A does not; an item stands once for each of its queries."""
        return self._items(self.after.outcome.correct & ~self.before.outcome.correct)

    @property
    def lost(self) -> tuple[str, ...]:
        """Items of the queries that A decides right and B does not."""
        return self._items(self.before.outcome.correct & ~self.after.outcome.correct)

    def _items(self, which: np.ndarray) -> tuple[str, ...]:
        return tuple(self.items[row] for row in np.flatnonzero(which))

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Metric -> a, b, value (b - a), ci95 and p."""
        a, b = self.before.outcome.metrics(), self.after.outcome.metrics()
        return {
            name: {"a": a[name], "b": b[name], "value": d["difference"], "ci95": [d["low"], d["high"]], "p": d["p"]}
            for name, d in self.bootstrap.items()
        }

    def queries(self) -> dict[str, Any]:
        """Sizes, and the queries won and lost."""
        ranks = self.before.outcome.ranks, self.after.outcome.ranks
        return {
            "n": len(self.items),
            "n_a": self.n_before,
            "n_b": self.n_after,
            "candidates": self.after.candidates,
            "won": list(self.won),
            "lost": list(self.lost),
            "rank_better": int((ranks[1] < ranks[0]).sum()),
            "rank_worse": int((ranks[1] > ranks[0]).sum()),
        }


@dataclass(frozen=True)
class RunDifference:
    """What differs between runs `a` and `b`; `unmeasured` says why no metric could be compared, '' where some were."""

    a: Run
    b: Run
    directions: Mapping[str, DirectionDifference]
    drift: Mapping[str, NeighbourDrift]
    choices: Mapping[str, tuple[Any, Any]]
    data: DataDifference
    notes: tuple[str, ...]
    unmeasured: str = ""

    def report(self) -> dict[str, Any]:
        """What `diff --json` prints."""
        return {
            "a": _named(self.a),
            "b": _named(self.b),
            "difference": {way: found.metrics() for way, found in self.directions.items()},
            "queries": {way: found.queries() for way, found in self.directions.items()},
            "unmeasured": self.unmeasured,
            "drift": {modality: found.report() for modality, found in self.drift.items()},
            "choices": {name: {"a": a, "b": b} for name, (a, b) in self.choices.items()},
            "data": self.data.report(),
            "notes": list(self.notes),
        }


def compare_runs(a: Run, b: Run, *, store: Store, progress: Progress = no_progress) -> RunDifference:
    """The difference of two runs, B less A.

    A run measured by folds is fitted again fold by fold. BadInput where its vectors can no longer be made.
    """
    directions, unmeasured, notes = _directions(a, b, store, progress)
    drift = neighbour_drift(a.result.space, b.result.space)
    choices = choice_differences(a, b)
    data = data_difference(a.collection, b.collection)
    return RunDifference(a, b, directions, drift, choices, data, notes, unmeasured)


def _directions(
    a: Run, b: Run, store: Store, progress: Progress
) -> tuple[dict[str, DirectionDifference], str, tuple[str, ...]]:
    """The directions that can be compared, else why none can, and notes."""
    if set(a.choices.pair) != set(b.choices.pair):
        return (
            {},
            say(
                "A pairs {pair_a}, B {pair_b}", pair_a=" and ".join(a.choices.pair), pair_b=" and ".join(b.choices.pair)
            ),
            (),
        )
    if why := _unfair(a, b):
        return {}, why, ()
    parts_a = measured_parts(a, store=store, progress=within(progress, 0.0, 0.4))
    parts_b = measured_parts(b, store=store, progress=within(progress, 0.4, 0.8))
    cells = _cells(parts_a, parts_b, a.choices.pair)
    pair = a.choices.pair
    measured = {f"{s}->{t}": _measured(a, b, cells, (s, t)) for s, t in (pair, pair[::-1])} if cells else {}
    directions = {way: found for way, found in measured.items() if found.items}
    if not directions:
        return {}, _nothing_shared(a, b), ()
    return directions, "", tuple(_notes(a, b, directions))


def _nothing_shared(a: Run, b: Run) -> str:
    """Why no query was measured in both runs: their data differ, and how; or they held out others."""
    data = data_difference(a.collection, b.collection)
    if data.same:
        return say("no query was held out in both runs; align both with the same split and seed")
    alike = len(a.collection.ids) - len(data.removed) - len(data.changed)
    parts = [(len(data.removed), say("only in A")), (len(data.added), say("only in B")), (len(data.changed), "changed")]
    how = ", ".join([say("{alike:,} the same in both", alike=alike), *(f"{n:,} {words}" for n, words in parts if n)])
    return say("no query was measured in both runs, because their data differ: of the items, {how}", how=how)


def _unfair(a: Run, b: Run) -> str:
    """Why the numbers of the two say nothing about each other; '' where they do."""
    fitted = [not run.choices.holds_out and ALIGNERS.get(run.choices.aligner).needs_pairs for run in (a, b)]
    if fitted[0] == fitted[1]:
        return ""
    return say(
        "run {fitted} was fitted on its queries, the other was not; align both with one split",
        fitted="A" if fitted[0] else "B",
    )


def _cells(a: Sequence[MeasuredPart], b: Sequence[MeasuredPart], pair: Sequence[str]) -> list[Cell]:
    """For each part of A and of B what both measured there: the same rows on both sides."""
    cells = []
    for first in a:
        for second in b:
            rows = {modality: shared_rows(first.space[modality], second.space[modality]) for modality in pair}
            sides = [{modality: both[side] for modality, both in rows.items()} for side in (0, 1)]
            if set.intersection(*(set(rows.ids) for rows in sides[0].values())):
                own = zip((first, second), sides)
                one, two = (MeasuredPart(part.number, space, part.bank, part.thresholds) for part, space in own)
                cells.append((one, two))
    return cells


def _measured(a: Run, b: Run, cells: Sequence[Cell], pair: tuple[str, str]) -> DirectionDifference:
    way, found = "->".join(pair), []
    for side, run in enumerate((a, b)):
        scoring = run.choices.scoring()
        parts = [
            measure_direction(
                part.space[pair[0]], part.space[pair[1]], part.scoring(scoring, way), bank=part.bank.get(pair[0])
            )
            for part in (cell[side] for cell in cells)
        ]
        found.append(pooled(parts))
    before, after = found
    bootstrap = paired_bootstrap(after, before) if before.items else {}
    asked = [run.report.get("metrics", {}).get(way, {}).get("n", 0) for run in (a, b)]
    return DirectionDifference(way, before.items, before, after, bootstrap, *asked)


def _notes(a: Run, b: Run, directions: Mapping[str, DirectionDifference]) -> list[str]:
    notes = []
    for way, found in directions.items():
        if (found.n_before, found.n_after) != (len(found.items),) * 2:
            notes.append(
                say(
                    "{way}: compared on the {n:,} queries that both runs held out, of {n_before:,} of A and "
                    "{n_after:,} of B, among the {candidates:,} candidates that both hold",
                    way=way,
                    n=len(found.items),
                    n_before=found.n_before,
                    n_after=found.n_after,
                    candidates=found.after.candidates,
                )
            )
    if not (a.choices.holds_out or b.choices.holds_out):
        fitted = any(ALIGNERS.get(run.choices.aligner).needs_pairs for run in (a, b))
        why = (
            say("both runs were measured on the items that they were fitted on")
            if fitted
            else say("neither learned from pairs")
        )
        notes.append(say("nothing was held out: {why}", why=why))
    return notes


def _named(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "aligner": run.choices.aligner,
        "split": run.report.get("split", "none"),
        "collection": run.collection.name,
        "digest": run.collection.digest,
    }
