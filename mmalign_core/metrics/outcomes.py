"""Ranks and decisions of all queries, block by block with NumPy; and the scores of the right answers alone, from which
compiled loops rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.retrieval import Outcome, RightAnswers, best_chosen
from mmalign_core.scoring.scan import Blocks
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


@dataclass(frozen=True)
class RightScores:
    """Of q queries: `best` (q,) the score of the best right answer, -inf without one; `answer` (q,) its candidate, the
    first one of equal scores; `bar` (q,) the lowest score that ranks before it or ties with it; `reach` (q,) the number
    of right answers that score at least the bar."""

    best: np.ndarray
    answer: np.ndarray
    bar: np.ndarray
    reach: np.ndarray

    def ranks(self, counts: np.ndarray) -> np.ndarray:
        """Return the rank (q,) from 1, given how many candidates score at least the bar. A tie never helps."""
        return 1 + counts.astype(int) - self.reach

    def take(self, queries: np.ndarray) -> RightScores:
        """Return those of these queries."""
        return RightScores(self.best[queries], self.answer[queries], self.bar[queries], self.reach[queries])


def right_scores(
    blocks: Blocks, scores: Scores, pairs: tuple[np.ndarray, np.ndarray], queries: np.ndarray, *, across: bool
) -> RightScores:
    """Return the `scores` of the right `pairs`: numbers of queries, in ascending order, and their candidates.

    `queries` (q,): which rows of the blocks the queries are: sources, or targets if `across`.
    """
    numbers, candidates = pairs
    rows, rounding = queries[numbers], scores.rounding[queries]
    alike = blocks.of_pairs(*((candidates, rows) if across else (rows, candidates)))
    values = scores.corrected_pairs(alike, rows, candidates)
    first = np.searchsorted(numbers, np.arange(len(queries)))
    held = np.diff(np.append(first, len(numbers))) > 0
    best, answer = np.full(len(queries), -np.inf, np.float32), np.zeros(len(queries), int)
    if held.any():
        best[held] = np.maximum.reduceat(values, first[held])
        at = np.flatnonzero(values == best[numbers])
        answer[numbers[at][::-1]] = candidates[at][::-1]
    bar = best - rounding
    reach = np.bincount(numbers, weights=values >= bar[numbers], minlength=len(queries)).astype(int)
    return RightScores(best, answer, bar, reach)
