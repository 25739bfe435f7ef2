"""Use case: which candidates a judged query was ranked among, the best of them first, with their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.retrieval import RightAnswers, right_answers
from mmalign_core.scoring.corrections import Scores
from mmalign_core.triage.judgements import Judgements
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.refit import held_out_parts


@dataclass(frozen=True)
class RankedCandidate:
    """One candidate of a query. `row`: of the judgements' candidates. `place`: by falling score, from 1."""

    place: int
    row: int
    item: str
    score: float
    right: bool
    chosen: bool


@dataclass(frozen=True)
class _Group:
    """Queries that met the same candidates: rows of the judgements, rows of their candidates, and all scores."""

    queries: np.ndarray
    candidates: np.ndarray
    scores: Scores
    truth: RightAnswers


@dataclass(frozen=True)
class QueryRankings:
    """The candidates of each query of one direction.

    `exact` (m,): whether the scores are those that the query was judged by. They are not for queries of folds: the run
    keeps the fit on all items alone.
    """

    judgements: Judgements
    exact: np.ndarray
    _groups: tuple[_Group, ...]

    def of(self, query: int, k: int) -> tuple[RankedCandidate, ...]:
        """The best k candidates of this row of the judgements, and the best right answer where it is not among them."""
        group = next(group for group in self._groups if query in group.queries)
        place = int(np.searchsorted(group.queries, query))
        scores = group.scores.take(np.array([place])).dense()[0]
        order = np.argsort(-scores, kind="stable")
        rows = group.candidates[order]
        right = np.isin(order, group.truth.pairs(slice(place, place + 1))[1])
        shown = [*range(min(k, len(order)))]
        first = np.flatnonzero(right)
        if len(first) and int(first[0]) >= k:
            shown.append(int(first[0]))
        chosen, ids = int(self.judgements.chosen[query]), self.judgements.candidates.ids
        return tuple(
            RankedCandidate(at + 1, row, ids[row], float(scores[order[at]]), bool(right[at]), row == chosen)
            for at, row in zip(shown, map(int, rows[shown]))
        )


def query_rankings(run: Run, judgements: Judgements) -> QueryRankings:
    """The candidates of each query, by the run's similarity and correction.

    Queries that a test share held out meet the held-out candidates, all others meet all of them in the run's space.
    """
    parts, many = held_out_parts(run), len(judgements)
    held = judgements.held_out if len(parts) == 1 else np.zeros(many, bool)
    every = np.arange(len(judgements.candidates))
    groups = []
    if held.any():
        among = _rows_of(judgements.candidates.ids, parts[0].test)
        groups.append(_group(run, judgements, np.flatnonzero(held), among, parts[0].train))
    if not held.all():
        # A correction looks at all queries, held-out ones too, as where these were judged.
        whole = _group(run, judgements, np.arange(many), every, ())
        rest = np.flatnonzero(~held)
        groups.append(_Group(rest, every, whole.scores.take(rest), whole.truth.take(rest)))
    return QueryRankings(judgements, held | ~judgements.held_out, tuple(groups))


def _group(
    run: Run, judgements: Judgements, queries: np.ndarray, candidates: np.ndarray, bank: Sequence[str]
) -> _Group:
    scoring, known = run.choices.scoring(), None
    if len(bank) and scoring.takes_bank:
        known = run.result.space[judgements.direction[0]].of_items(bank)
    asked, among = judgements.queries.take(queries), judgements.candidates.take(candidates)
    return _Group(queries, candidates, scoring.scores(asked, among, known), right_answers(asked, among))


def _rows_of(ids: Sequence[str], items: Sequence[str]) -> np.ndarray:
    wanted = set(items)
    return np.array([row for row, item in enumerate(ids) if item in wanted], int)
