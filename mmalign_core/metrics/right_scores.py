"""Scores of the right answers, computed alone, and the bar at which another candidate ranks before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.scoring.scan import Blocks
from mmalign_core.scoring.scores import Scores


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
