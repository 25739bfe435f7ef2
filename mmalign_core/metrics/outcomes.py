"""Ranks and decisions of all queries, block by block with NumPy, for any matcher and any number of right answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmalign_core.metrics.retrieval import Outcome, RightAnswers, best_chosen
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Matches


def outcomes(scores: Scores, matches: Matches, truths: Sequence[RightAnswers]) -> list[Outcome]:
    """Return ranks and decisions of all queries (the scores' sources) under each truth, in one pass over the scores.

    rank = 1 + number of wrong candidates that score at least as high as the best right one: ties never help. A
    decision is right if the best chosen target is right and no wrong candidate has the same score. Undecided queries
    are wrong. Scores closer than `Scores.rounding` are equal. Every query must have a right answer.
    """
    queries = len(scores.sources)
    chosen = best_chosen(matches, queries)
    found = [Outcome(np.zeros(queries, int), np.zeros(queries, bool)) for _ in truths]
    rounding = scores.rounding
    for part, block in scores.iter_blocks():
        for truth, outcome in zip(truths, found):
            right = truth.pairs(part)
            outcome.ranks[part] = ranks_in_block(block, right, rounding[part])
            outcome.correct[part] = correct_in_block(block, right, rounding[part], chosen[part])
    return found


def ranks_in_block(block: np.ndarray, right: tuple[np.ndarray, np.ndarray], rounding: np.ndarray) -> np.ndarray:
    """Return the rank (r,) of the best right answer of each row of a block (r, n). `right`: its right pairs."""
    rows, columns = right
    values = block[rows, columns]
    best = np.full(len(block), -np.inf, np.float32)
    np.maximum.at(best, rows, values)
    bar = best - rounding
    above = np.count_nonzero(block >= bar[:, None], axis=1)
    return 1 + above - np.bincount(rows, weights=values >= bar[rows], minlength=len(block)).astype(int)


def correct_in_block(
    block: np.ndarray, right: tuple[np.ndarray, np.ndarray], rounding: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    """Whether each row's decision `chosen` (r,) is right, and no wrong candidate ties with it."""
    rows, columns = right
    hit = np.zeros(len(block), bool)
    hit[rows[columns == chosen[rows]]] = True
    score = block[np.arange(len(block)), chosen]
    low, high = score - rounding, score + rounding
    tied = np.count_nonzero((block >= low[:, None]) & (block <= high[:, None]), axis=1)
    values = block[rows, columns]
    tied_right = np.bincount(rows, weights=(values >= low[rows]) & (values <= high[rows]), minlength=len(block))
    return hit & (tied == tied_right)
