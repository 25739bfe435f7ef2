"""Scores of answers: how right and wrong ones are distributed, and what a threshold on the score would accept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.bootstrap import share_interval
from mmalign_core.triage.judgements import Judgements


@dataclass(frozen=True)
class Accepted:
    """Answers with a score of at least `threshold`: `accepted` of the `n` queries get one, `right` of these are right.

    `precision` is right / accepted, 0 where none is accepted. `recall` is right / n. Each has a 95% interval.
    """

    threshold: float
    n: int
    accepted: int
    right: int
    precision: float
    precision_interval: tuple[float, float]
    recall: float
    recall_interval: tuple[float, float]


def accepted_at(judged: Judgements, threshold: float) -> Accepted:
    """Return what is accepted where each query takes its chosen candidate if it scores at least the threshold."""
    taken = judged.chosen_score >= threshold
    n, accepted, right = len(judged), int(taken.sum()), int((taken & judged.correct).sum())
    return Accepted(
        threshold,
        n,
        accepted,
        right,
        right / accepted if accepted else 0.0,
        share_interval(right, accepted),
        right / n if n else 0.0,
        share_interval(right, n),
    )


@dataclass(frozen=True)
class ScoreHistogram:
    """Counts per bin of the scores; `edges` (b + 1,). `right` and `wrong` (b,) are queries by the score of their
    chosen candidate. `missed` (b,) are the right candidates of the queries that chose another one."""

    edges: np.ndarray
    right: np.ndarray
    wrong: np.ndarray
    missed: np.ndarray


BINS = 40
"""Bins of the histogram; our choice: bars of about ten pixels on a narrow page."""


def score_histogram(judged: Judgements, bins: int = BINS) -> ScoreHistogram:
    """Return the distributions of the scores of these queries. The bins span all scores that are counted."""
    every = np.concatenate([judged.chosen_score, judged.right_score])
    edges = np.histogram_bin_edges(every.astype(float), bins)
    parts = (
        judged.chosen_score[judged.correct],
        judged.chosen_score[~judged.correct],
        judged.right_score[~judged.correct],
    )
    return ScoreHistogram(edges, *(np.histogram(part, edges)[0] for part in parts))
