"""Which score is high enough: precision and recall over thresholds, and the one to suggest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.metrics.retrieval import RightAnswers, right_answers
from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.scoring.decision import Scoring
from mmalign_core.types import BadInput, EmbeddingSet

LIMIT = 10
"""Targets a query may take, as the threshold matcher's default."""


@dataclass(frozen=True)
class Suggestion:
    """A threshold and what it gave on the validation pairs: `precision`, `recall`, `f1`, over `n` queries of which
    `decided` took anything. `reached` is False when no threshold has the precision that was asked for."""

    threshold: float
    precision: float
    recall: float
    f1: float
    n: int
    decided: int
    reached: bool = True

    def as_json(self) -> dict[str, Any]:
        """Plain numbers by name."""
        return dict(vars(self))


@dataclass(frozen=True)
class ThresholdCurve:
    """What every threshold that decides differently gives, by falling threshold; arrays (t,).

    Each lies midway between two scores, so that rounding it a little changes nothing. `precision`: share of the taken
    pairs that are right. `recall`: share of the right pairs (of a query at most as many as it may take) that are
    taken. `decided`: queries that take at least one target, out of `n`.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    decided: np.ndarray
    n: int

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall (t,), 0 where nothing right is taken."""
        total = self.precision + self.recall
        return np.where(total > 0, 2 * self.precision * self.recall / np.where(total > 0, total, 1), 0.0)

    def suggest(self, precision: float | None = None) -> Suggestion:
        """The threshold of greatest F1; or of greatest recall among those of at least this precision (0..1).

        Of equally good ones the highest. When none is that precise, the most precise one, marked as not `reached`.
        """
        if precision is not None and not 0 < precision <= 1:
            raise BadInput(f"the precision to reach is {precision}; give one above 0 and at most 1")
        enough = self.precision >= (precision or 0)
        goal = self.f1 if precision is None else np.where(enough, self.recall, -1.0)
        best = int(goal.argmax() if enough.any() else self.precision.argmax())
        return Suggestion(
            threshold=float(self.thresholds[best]),
            precision=float(self.precision[best]),
            recall=float(self.recall[best]),
            f1=float(self.f1[best]),
            n=self.n,
            decided=int(self.decided[best]),
            reached=bool(enough.any()),
        )

    def thinned(self, most: int = 200) -> dict[str, list[float]]:
        """The curve to draw: threshold, precision, recall and f1 at `most` points or fewer, spread evenly."""
        kept = np.unique(np.linspace(0, len(self.thresholds) - 1, min(most, len(self.thresholds))).astype(int))
        columns = {"threshold": self.thresholds, "precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: values[kept].astype(float).tolist() for name, values in columns.items()}


def suggested_threshold(
    scoring: Scoring, sources: EmbeddingSet, targets: EmbeddingSet, bank: EmbeddingSet | None = None
) -> dict[str, Any]:
    """`suggested`, the threshold of greatest F1 for these queries, with what `Suggestion` says of it and its `curve`.

    `bank`: rows of the sources' modality that were known beforehand, for corrections that look at queries. BadInput
    when no query has a right answer.
    """
    limit = scoring.matcher.params["limit"]
    curve = threshold_curve(scoring.scores(sources, targets, bank), right_answers(sources, targets), limit=limit)
    suggestion = curve.suggest().as_json()
    return {"suggested": suggestion.pop("threshold"), **suggestion, "curve": curve.thinned()}


def threshold_curve(scores: Scores, truth: RightAnswers, *, limit: int = LIMIT) -> ThresholdCurve:
    """Precision and recall of taking every target that scores at least t, at most `limit` a query, for every t.

    `truth` is the relevance of the scores' targets to their sources. Queries without a right answer count: what they
    take is wrong. BadInput when no query has a right answer.
    """
    values, right, wanted = _judged(scores, truth, limit)
    if not wanted:
        raise BadInput("no threshold can be suggested: no validation query has a right answer among the candidates")
    query = np.repeat(np.arange(len(values)), values.shape[1])
    order = np.argsort(-values.ravel(), kind="stable")
    ranked, hits, asked = values.ravel()[order].astype(np.float64), right.ravel()[order], query[order]
    newly = np.zeros(len(order), bool)
    newly[np.unique(asked, return_index=True)[1]] = True
    last = np.flatnonzero(np.append(np.diff(ranked) < 0, True))
    below = np.append(ranked[1:], ranked[-1])
    found = np.cumsum(hits)[last]
    thresholds = (ranked[last] + below[last]) / 2
    return ThresholdCurve(thresholds, found / (last + 1), found / wanted, np.cumsum(newly)[last], len(values))


def _judged(scores: Scores, truth: RightAnswers, limit: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Best scores (m, k), which of them are right (m, k), and how many right pairs could be taken in all."""
    values, targets = scores.top_k(limit)
    right, wanted, candidates = np.zeros(values.shape, bool), 0, max(1, len(scores.targets))
    for start in range(0, len(values), 1024):
        part = slice(start, start + 1024)
        rows, columns = truth.pairs(part)
        chosen = np.arange(len(values[part]))[:, None] * candidates + targets[part]
        right[part] = np.isin(chosen, rows * candidates + columns)
        wanted += int(np.minimum(np.bincount(rows), limit).sum())
    return values, right, wanted
