"""Two runs compared in the background: their difference, and what each query was answered with in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mmalign_core.types import EmbeddingSet, Progress, digest_json
from mmalign_core.wording import say
from mmalign_core.workflow import (
    DirectionDifference,
    Judgements,
    Run,
    RunDifference,
    SpaceMap,
    compare_runs,
    judge_all,
    project_run,
)
from pages._session import cache, pipeline
from pages._session.compared_run import OtherRun
from pages._session.jobs import Task, within
from pages._session.view_spec import ViewSpec

OUTCOMES = {
    (False, True): "won",
    (True, False): "lost",
    (True, True): say("both right"),
    (False, False): say("both wrong"),
}
"""(right in A, right in B) -> the word for it."""


Rows = Mapping[tuple[str, str], tuple[int, int]]


@dataclass(frozen=True)
class Comparison:
    """`difference`: B less A. `judged`: for A and B, direction -> the judgements of its report."""

    difference: RunDifference
    judged: tuple[Mapping[str, Judgements], Mapping[str, Judgements]]

    @property
    def runs(self) -> tuple[Run, Run]:
        """A, the other run, and B, the open one."""
        return self.difference.a, self.difference.b

    @cached_property
    def outcomes(self) -> Mapping[str, pd.DataFrame]:
        """Direction -> one row per query: id, key, outcome, and its rank in A and B."""
        return {way: _outcomes(found) for way, found in self.difference.directions.items()}

    @cached_property
    def _rows(self) -> tuple[Mapping[str, Rows], Mapping[str, Rows]]:
        """For A and B, direction -> (item, content) -> its row of the judgements and of the run's space."""
        a, b = (
            {way: _rows_of(judged, run.result.space[judged.direction[0]]) for way, judged in found.items()}
            for found, run in zip(self.judged, self.runs)
        )
        return a, b

    def query(self, side: int, way: str, item: str, key: str) -> tuple[Judgements, int] | None:
        """Return the judgements of A (`side` 0) or B (1) and this query's row; None if it was not measured."""
        row = self._rows[side].get(way, {}).get((item, key))
        return None if row is None else (self.judged[side][way], row[0])

    def met(self, side: int, way: str, item: str, key: str) -> int:
        """Return among how many candidates this query was ranked in the report of A or B; 0 if it was not measured."""
        places = self._rows[side].get(way, {}).get((item, key))
        return int(self.judged[side][way].n_candidates[places[0]]) if places else 0


def task(run: Run, own: ViewSpec, other: OtherRun) -> Task:
    """Return the work that compares the open run with another one: the other is A, the open one is B."""
    results, store = cache.results(), cache.store()

    def work(progress: Progress) -> Comparison:
        before = pipeline.run_of(other.spec, results, within(progress, 0.0, 0.5))
        difference = compare_runs(before, run, store=store, progress=within(progress, 0.5, 0.8))
        judged = [
            judge_all(one, store=store, progress=within(progress, start, start + 0.1))
            if difference.directions else {}
            for one, start in ((before, 0.8), (run, 0.9))
        ]  # fmt: skip
        return Comparison(difference, (judged[0], judged[1]))

    return Task("difference", digest_json([other.spec.run_key, own.run_key]), say("compare two runs"), work)


def map_task(run: Run, spec: ViewSpec) -> Task:
    """Return the work that draws the flat map of a run, which the Shared space page draws too."""
    store = cache.store()

    def work(progress: Progress) -> SpaceMap:
        return project_run(run, store=store, progress=progress)

    return Task("map", ViewSpec(spec.source, spec.choices).map_key, say("draw the map of the shared space"), work)


def _outcomes(found: DirectionDifference) -> pd.DataFrame:
    before, after = found.before.outcome, found.after.outcome
    words = [OUTCOMES[bool(a), bool(b)] for a, b in zip(before.correct, after.correct)]
    return pd.DataFrame(
        {
            "id": found.items,
            "key": found.before.keys,
            "outcome": words,
            "rank A": np.asarray(before.ranks, int),
            "rank B": np.asarray(after.ranks, int),
        }
    )


def _rows_of(judged: Judgements, source: EmbeddingSet) -> Rows:
    """(item, content) -> its first row of the judgements, and of the source in the run's space."""
    own, queries = _places(source), _places(judged.queries)
    return {name: (row, own[name]) for name, row in queries.items()}


def _places(rows: EmbeddingSet) -> dict[tuple[str, str], int]:
    """(item, content) -> its first row."""
    return {name: row for row, name in reversed(list(enumerate(zip(rows.ids, rows.keys))))}
