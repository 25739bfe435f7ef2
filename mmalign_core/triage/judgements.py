"""Judgements: what each query of one direction was answered with, and where its right answer ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from mmalign_core.metrics.query_ranks import ranked
from mmalign_core.metrics.retrieval import RightAnswers, best_chosen, right_answers
from mmalign_core.scoring.corrections import Scores
from mmalign_core.types import EmbeddingSet, Matches, Progress, no_progress

COLUMNS = (
    "rank",
    "chosen",
    "right",
    "chosen_score",
    "right_score",
    "correct",
    "decided",
    "held_out",
    "n_candidates",
    "fold",
    "missed",
)


@dataclass(frozen=True)
class Judgements:
    """Columns over the m answerable queries of one direction.

    `queries` (m rows) and `candidates` (n rows) are placed in the run's space. `rank` (m,) is the rank of the best
    right answer, from 1. `chosen` and `right` (m,) are rows of `candidates`: the decision, or the best candidate where
    the matcher left the query undecided, and the best right answer; `chosen_score` and `right_score` (m,) are their
    scores. `correct`, `decided` and `held_out` (m,) are bool; `n_candidates` (m,) is the number of candidates that the
    query was ranked among: held-out queries meet the held-out candidates of their fold alone, as in the report.
    `fold` (m,): from 1 for held-out queries, 0 for the others, which meet all candidates; 1 for all held-out queries
    where it is not given. Queries of one fold met the same candidates. `missed` (m,) bool: queries whose chosen
    candidate is no right answer; where it is not given, these queries alone say what is right.
    """

    direction: tuple[str, str]
    queries: EmbeddingSet
    candidates: EmbeddingSet
    rank: np.ndarray
    chosen: np.ndarray
    right: np.ndarray
    chosen_score: np.ndarray
    right_score: np.ndarray
    correct: np.ndarray
    decided: np.ndarray
    held_out: np.ndarray
    n_candidates: np.ndarray
    fold: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    missed: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def __post_init__(self) -> None:
        if len(self.fold) != len(self.rank):
            object.__setattr__(self, "fold", self.held_out.astype(int))
        if len(self.missed) != len(self.rank):
            object.__setattr__(self, "missed", ~right_answers(self.queries, self.candidates).holds(self.chosen))

    def __len__(self) -> int:
        return len(self.rank)

    @property
    def way(self) -> str:
        """The direction as reports write it: "image->text"."""
        return "->".join(self.direction)

    @property
    def margin(self) -> np.ndarray:
        """Score of the right answer less that of the chosen one (m,): below 0 where another candidate won."""
        return self.right_score - self.chosen_score

    def take(self, rows: np.ndarray) -> Judgements:
        """Only these queries, in this order; `rows` are row numbers or a bool mask."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, int)
        taken = {name: getattr(self, name)[rows] for name in COLUMNS}
        return replace(self, queries=self.queries.take(rows), **taken)

    def worst_first(self) -> np.ndarray:
        """Row numbers (m,) by falling rank, then by rising margin, then by item; do not write into it."""
        return self._worst_first

    @cached_property
    def _worst_first(self) -> np.ndarray:
        return np.lexsort((np.array(self.queries.ids, dtype=str), self.margin, -self.rank))


def judgements_of(
    direction: tuple[str, str],
    queries: EmbeddingSet,
    candidates: EmbeddingSet,
    scores: Scores,
    matches: Matches,
    *,
    truth: RightAnswers | None = None,
    fold: int = 0,
    progress: Progress = no_progress,
) -> Judgements:
    """Each query (row of the scores' sources) judged among the candidates (rows of their targets).

    `matches`: the matcher's decisions on these scores. `truth`: the right answers, where other rows than these queries
    say what is right. `fold`: from 1 where the queries were held out. Every query
    must be answerable.
    """
    many, decided = len(queries), best_chosen(matches, len(queries))
    chosen = np.where(decided < 0, scores.top_k(1)[1][:, 0], decided) if (decided < 0).any() else decided
    truth = right_answers(queries, candidates) if truth is None else truth
    found = ranked(scores, truth, chosen, decided >= 0, progress=progress)
    held, sizes, folds = np.full(many, fold > 0), np.full(many, len(candidates)), np.full(many, fold)
    return Judgements(
        direction, queries, candidates, found.ranks, chosen, found.right, found.chosen_score, found.right_score,
        found.correct, decided >= 0, held, sizes, folds, ~truth.holds(chosen),
    )  # fmt: skip


def joined(parts: Sequence[Judgements], queries: EmbeddingSet, candidates: EmbeddingSet) -> Judgements:
    """The queries of all parts as those of one space: `queries` are their rows there, part after part.

    `chosen` and `right` of the parts must be rows of `candidates` by now.
    """
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
    return Judgements(parts[0].direction, queries, candidates, **columns)
