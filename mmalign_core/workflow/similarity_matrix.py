"""Use case: a part of the similarity matrix to show, and the pairs with the best and worst ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.questions import questions, sample_of
from mmalign_core.metrics.retrieval import right_answers
from mmalign_core.scoring.corrections import Scores
from mmalign_core.triage.judgements import Judgements, judgements_of
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.workflow.alignment.run import Run

ORDERINGS = ("similar items together", "collection", "best pairs first", "worst pairs first")
_BY_SCORE = ("best pairs first", "worst pairs first")
_AT_ONCE = 256
"""Pairs whose own scores are computed at once, as a square of which the diagonal counts; our choice: small beside a
block of the scores."""


@dataclass(frozen=True)
class SimilarityBlock:
    """`scores` (m, n) of the shown source rows against the shown target rows (row numbers into the sets).

    `right` (m, n) bool: which of them are right answers. `every`: the scores of all rows.
    """

    source: EmbeddingSet
    target: EmbeddingSet
    source_rows: np.ndarray
    target_rows: np.ndarray
    scores: np.ndarray
    right: np.ndarray
    every: Scores


def similarity_block(
    run: Run,
    source: str,
    target: str,
    *,
    limit: int = 40,
    ordering: str = "collection",
    scores: Scores | None = None,
) -> SimilarityBlock:
    """Return one row per item with both modalities, at most `limit`, in the given order. If no item has both, as many
    items of each side.

    The items with the lowest or highest scores of all are shown where the order is by score; otherwise they are spread
    evenly over the collection.

    The scores are those of the run's ranking: corrections use all rows, but only this block is computed. `scores`: the
    run's (`Run.scores`), if they exist already.
    """
    if ordering not in ORDERINGS:
        raise BadInput(f"unknown ordering '{ordering}'; choose one of: {', '.join(ORDERINGS)}")
    left, right = run.sets(source, target)
    first_left, first_right = _first_rows(left), _first_rows(right)
    shared = [item for item in first_left if item in first_right]
    many = min(limit, len(shared) or min(len(first_left), len(first_right)))
    every = run.scores(source, target) if scores is None else scores
    rows = np.array([first_left[item] for item in shared or first_left])
    columns = np.array([first_right[item] for item in shared or first_right])
    if ordering in _BY_SCORE and shared:
        own = _own_scores(every, rows, columns)
        kept = np.argsort(own if ordering == "worst pairs first" else -own, kind="stable")[:many]
        return _block(left, right, rows[kept], columns[kept], every)
    rows, columns = rows[_spread(len(rows), many)], columns[_spread(len(columns), many)]
    order = _order(every.take(rows, columns).dense(), ordering)
    return _block(left, right, rows[order], columns[order], every)


def error_block(
    run: Run, judged: Judgements, queries: Sequence[int], *, ordering: str, scores: Scores | None = None
) -> SimilarityBlock:
    """Return these queries (rows of the judgements) against their right and chosen candidates, each candidate once.

    Columns follow the rows: for each query its right answer, then its chosen candidate. The rows are in the given
    order, where "worst pairs first" goes by rank, then by margin. The scores are those of the run's space (see
    `similarity_block`).
    """
    if ordering not in ORDERINGS:
        raise BadInput(f"unknown ordering '{ordering}'; choose one of: {', '.join(ORDERINGS)}")
    left, right = run.sets(*judged.direction)
    every = run.scores(*judged.direction) if scores is None else scores
    places, at = judged_rows(run, judged), np.asarray(queries, int)
    if ordering == "similar items together" and len(at) > 2:
        answers = np.unique(np.concatenate([judged.right[at], judged.chosen[at]]))
        at = at[_alike(every.take(places[at], answers).dense())]
    elif ordering in _BY_SCORE:
        place = np.argsort(judged.worst_first(), kind="stable")[at]
        at = at[np.argsort(place if ordering == "worst pairs first" else -place, kind="stable")]
    elif ordering == "collection":
        at = np.sort(at)
    pairs = np.stack([judged.right[at], judged.chosen[at]], axis=1).ravel()
    columns = np.array(list(dict.fromkeys(pairs.tolist())), int)
    return _block(left, right, places[at], columns, every)


def judged_rows(run: Run, judged: Judgements) -> np.ndarray:
    """Return where the m queries of judgements stand among all rows of their modality in the run's space."""
    sources, targets = run.sets(*judged.direction)
    every = np.flatnonzero(right_answers(sources, targets).answerable)
    if len(every) == len(judged):
        return every
    places = {(sources.ids[row], sources.keys[row]): row for row in every.tolist()}
    return np.array([places[pair] for pair in zip(judged.queries.ids, judged.queries.keys)], int)


def right_pair(block: SimilarityBlock, source_row: int, target_row: int) -> bool:
    """Return whether that target row is a right answer to that source row, by item or by equal content."""
    truth = right_answers(block.source, block.target)
    return bool(truth.grid(np.array([source_row]), np.array([target_row]))[0, 0])


def judge_in_space(run: Run, source: str, target: str, *, scores: Scores | None = None) -> Judgements:
    """Return every answerable query of any two modalities, ranked among all candidates in the run's space, or a sample
    of them where all are too many.

    `judge` gives the measured pair of a run as its report measured it. This is for the other pairs, of which nothing
    was held out. `scores`: as in `similarity_block`.
    """
    sources, targets = run.sets(source, target)
    scoring = run.choices.scoring()
    kept = questions(sources, targets, scoring, sample_of(sources, targets, scoring)).rows
    scores = (run.scores(source, target) if scores is None else scores).take(kept)
    truth = right_answers(sources, targets).take(kept)
    return judgements_of((source, target), sources.take(kept), targets, scores, run.matches(scores), truth=truth)


def _block(
    left: EmbeddingSet, right: EmbeddingSet, rows: np.ndarray, columns: np.ndarray, every: Scores
) -> SimilarityBlock:
    shown = every.take(rows, columns).dense()
    answers = right_answers(left, right).grid(rows, columns)  # rows that are not shown say what is right, too
    return SimilarityBlock(left, right, rows, columns, shown, answers, every)


def _own_scores(every: Scores, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the score of each row (n,) with its own column, in blocks."""
    own = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        own[part] = np.diag(every.take(rows[part], columns[part]).dense())
    return own


def _spread(n: int, many: int) -> np.ndarray:
    """Return `many` of n places, spread evenly."""
    return np.unique(np.linspace(0, n - 1, many).astype(int)) if n else np.zeros(0, int)


def _first_rows(rows: EmbeddingSet) -> dict[str, int]:
    first: dict[str, int] = {}
    for row, item in enumerate(rows.ids):
        first.setdefault(item, row)
    return first


def _order(scores: np.ndarray, ordering: str) -> np.ndarray:
    if ordering == "similar items together" and len(scores) > 2:
        return _alike(np.concatenate([scores, scores.T], axis=1))
    if ordering == "best pairs first":
        return np.argsort(-np.diag(scores), kind="stable")
    if ordering == "worst pairs first":
        return np.argsort(np.diag(scores), kind="stable")
    return np.arange(len(scores))


def _alike(rows: np.ndarray) -> np.ndarray:
    """Return an order of the rows in which similar ones stand together: the leaves of average linkage."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    return leaves_list(linkage(rows, "average", optimal_ordering=True))
