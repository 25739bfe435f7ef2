"""Use case: the part of the similarity matrix a person looks at, and the pairs that went best and worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.retrieval import right_answers
from mmalign_core.scoring.corrections import Scores
from mmalign_core.triage.judgements import judgements_of
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.workflow.alignment.run import Run

ORDERINGS = ("similar items together", "collection", "best pairs first", "worst pairs first")


@dataclass(frozen=True)
class SimilarityBlock:
    """`scores` (m, n) of the shown source rows against the shown target rows (row numbers into the sets).

    `right` (m, n) bool: which of them are right answers. `every`: the scores of all rows, of which these are a part.
    """

    source: EmbeddingSet
    target: EmbeddingSet
    source_rows: np.ndarray
    target_rows: np.ndarray
    scores: np.ndarray
    right: np.ndarray
    every: Scores


@dataclass(frozen=True)
class JudgedPair:
    """A source row, what was chosen for it, its right answer, their scores, and the right answer's rank.

    `right`: the choice is right. Where the matcher left the row undecided, it is not, and the best target stands for
    the choice.
    """

    item: str
    source_row: int
    chosen_item: str
    chosen_row: int
    chosen_score: float
    right_row: int
    right_score: float
    rank: int
    right: bool
    decided: bool


def similarity_block(
    run: Run,
    source: str,
    target: str,
    *,
    limit: int = 40,
    ordering: str = "collection",
    scores: Scores | None = None,
) -> SimilarityBlock:
    """One row per item that has both modalities, at most `limit` of them (spread evenly), in the asked order; where
    no item has both, as many items of each side.

    The scores are those that the run ranks by: corrections look at all rows, but only this block is computed.
    `scores`: the run's own (`Run.scores`) where they are at hand, so that no correction looks at all rows again.
    """
    if ordering not in ORDERINGS:
        raise BadInput(f"unknown ordering '{ordering}'; choose one of: {', '.join(ORDERINGS)}")
    left, right = run.sets(source, target)
    first_left, first_right = _first_rows(left), _first_rows(right)
    shared = [item for item in first_left if item in first_right]
    many = min(limit, len(shared) or min(len(first_left), len(first_right)))
    rows = np.array([first_left[item] for item in _spread(shared or list(first_left), many)])
    columns = np.array([first_right[item] for item in _spread(shared or list(first_right), many)])
    every = run.scores(source, target) if scores is None else scores
    shown = every.take(rows, columns).dense()
    order = _order(shown, ordering)
    rows, columns, shown = rows[order], columns[order], shown[np.ix_(order, order)]
    answers = np.zeros(shown.shape, bool)
    answers[right_answers(left.take(rows), right.take(columns)).pairs(slice(None))] = True
    return SimilarityBlock(left, right, rows, columns, shown, answers, every)


def judged_pairs(run: Run, source: str, target: str, *, scores: Scores | None = None) -> list[JudgedPair]:
    """Every source row that has a right answer, worst first: by the right answer's rank, then by its score.

    `scores`: as in `similarity_block`.
    """
    sources, targets = run.sets(source, target)
    kept = np.flatnonzero(right_answers(sources, targets).answerable)
    scores = (run.scores(source, target) if scores is None else scores).take(kept)
    judged = judgements_of((source, target), sources.take(kept), targets, scores, run.matches(scores))
    pairs = [
        JudgedPair(
            item=judged.queries.ids[i],
            source_row=int(kept[i]),
            chosen_item=targets.ids[judged.chosen[i]],
            chosen_row=int(judged.chosen[i]),
            chosen_score=float(judged.chosen_score[i]),
            right_row=int(judged.right[i]),
            right_score=float(judged.right_score[i]),
            rank=int(judged.rank[i]),
            right=bool(judged.correct[i]),
            decided=bool(judged.decided[i]),
        )
        for i in range(len(judged))
    ]
    return sorted(pairs, key=lambda p: (-p.rank, p.right_score))


def _spread(items: list[str], many: int) -> list[str]:
    """So many of the items, evenly over all."""
    return [items[i] for i in np.unique(np.linspace(0, len(items) - 1, many).astype(int))]


def _first_rows(rows: EmbeddingSet) -> dict[str, int]:
    first: dict[str, int] = {}
    for row, item in enumerate(rows.ids):
        first.setdefault(item, row)
    return first


def _order(scores: np.ndarray, ordering: str) -> np.ndarray:
    if ordering == "similar items together" and len(scores) > 2:
        from scipy.cluster.hierarchy import leaves_list, linkage

        return leaves_list(linkage(np.concatenate([scores, scores.T], axis=1), "average", optimal_ordering=True))
    if ordering == "best pairs first":
        return np.argsort(-np.diag(scores), kind="stable")
    if ordering == "worst pairs first":
        return np.argsort(np.diag(scores), kind="stable")
    return np.arange(len(scores))
