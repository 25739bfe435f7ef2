"""Retrieval metrics: ranks of right answers, recall, MRR and median rank, accuracy of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.right_answers import RightAnswers
from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.types import Matches

RECALL_AT = (1, 5, 10)
"""The cut-offs that papers on cross-modal retrieval report."""


@dataclass(frozen=True)
class Outcome:
    """Per query: `ranks` (m,) of its best right answer, from 1, and whether its decision was `correct` (m,) bool."""

    ranks: np.ndarray
    correct: np.ndarray

    def per_query(self) -> dict[str, np.ndarray]:
        """Metric name -> (m,) values whose mean is the metric."""
        values = {"accuracy": self.correct.astype(float)}
        values |= {f"recall@{k}": (self.ranks <= k).astype(float) for k in RECALL_AT}
        return values | {"mrr": 1.0 / self.ranks}

    def metrics(self) -> dict[str, float]:
        """accuracy, recall@1/5/10 and mrr in 0..1, median_rank from 1. All 0 when there are no queries."""
        if not len(self.ranks):
            return dict.fromkeys([*self.per_query(), "median_rank"], 0.0)
        means = {name: float(values.mean()) for name, values in self.per_query().items()}
        return means | {"median_rank": float(np.median(self.ranks))}


def outcomes(scores: Scores, matches: Matches, truths: Sequence[RightAnswers]) -> list[Outcome]:
    """Ranks and decisions of every query (row of the scores' sources) under each truth, in one pass over the scores.

    rank = 1 + number of wrong candidates that score at least as high as the best right one: ties never help. A
    decision is right when the best target it chose is right and no wrong candidate has the same score; undecided
    queries are wrong. Scores closer than `Scores.rounding` are the same. Every query must be answerable.
    """
    queries = len(scores.sources)
    chosen = best_chosen(matches, queries)
    found = [Outcome(np.zeros(queries, int), np.zeros(queries, bool)) for _ in truths]
    rounding = scores.rounding
    for part, block in scores.iter_blocks():
        for truth, outcome in zip(truths, found):
            right = truth.pairs(part)
            outcome.ranks[part] = _ranks(block, right, rounding[part])
            outcome.correct[part] = _correct(block, right, rounding[part], chosen[part])
    return found


def best_chosen(matches: Matches, queries: int) -> np.ndarray:
    """The highest-scoring target that each query chose: (queries,) target rows, -1 for undecided ones."""
    order = np.lexsort((matches.targets, -matches.scores, matches.sources))
    sources, first = np.unique(matches.sources[order], return_index=True)
    chosen = np.full(queries, -1)
    chosen[sources] = matches.targets[order][first]
    return chosen


def _ranks(block: np.ndarray, right: tuple[np.ndarray, np.ndarray], rounding: np.ndarray) -> np.ndarray:
    rows, columns = right
    values = block[rows, columns]
    best = np.full(len(block), -np.inf, np.float32)
    np.maximum.at(best, rows, values)
    bar = best - rounding
    above = np.count_nonzero(block >= bar[:, None], axis=1)
    return 1 + above - np.bincount(rows, weights=values >= bar[rows], minlength=len(block)).astype(int)


def _correct(
    block: np.ndarray, right: tuple[np.ndarray, np.ndarray], rounding: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    rows, columns = right
    hit = np.zeros(len(block), bool)
    hit[rows[columns == chosen[rows]]] = True
    score = block[np.arange(len(block)), chosen]
    low, high = score - rounding, score + rounding
    tied = np.count_nonzero((block >= low[:, None]) & (block <= high[:, None]), axis=1)
    values = block[rows, columns]
    tied_right = np.bincount(rows, weights=(values >= low[rows]) & (values <= high[rows]), minlength=len(block))
    return hit & (tied == tied_right)
