"""Score thresholds: precision and recall over all thresholds, and the suggested one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.metrics.retrieval import RightAnswers, right_answers
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.wording import say

LIMIT = 10
"""Most targets per query, the default of the threshold matcher."""


@dataclass(frozen=True)
class Suggestion:
    """A threshold and its results on the validation pairs: `precision`, `recall`, `f1`, over `n` queries of which
    `decided` have a target. `reached` is False if no threshold has the requested precision."""

    threshold: float
    precision: float
    recall: float
    f1: float
    n: int
    decided: int
    reached: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers by name."""
        return dict(vars(self))


@dataclass(frozen=True)
class ThresholdCurve:
    """Results of all thresholds that decide differently, in falling order; arrays (t,).

    Each threshold is midway between two scores, so that rounding it a little changes nothing. `precision`: share of the
    accepted pairs that are right. `recall`: share of the right pairs (per query at most the limit) that are accepted.
    `decided`: number of queries with at least one target, out of `n`.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    decided: np.ndarray
    n: int

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall (t,), 0 if no right pair is accepted."""
        total = self.precision + self.recall
        return np.where(total > 0, 2 * self.precision * self.recall / np.where(total > 0, total, 1), 0.0)

    def suggest(self, precision: float | None = None) -> Suggestion:
        """Return the threshold of greatest F1, or of greatest recall among those of at least this precision (0..1).

        Of equal ones the highest. If none has this precision, the one of highest precision, marked as not `reached`.
        """
        if precision is not None and not 0 < precision <= 1:
            raise BadInput(
                say("the precision to reach is {precision}; give one above 0 and at most 1", precision=precision)
            )
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
        """Return the curve for drawing: threshold, precision, recall and f1 at `most` points or fewer."""
        kept = np.unique(np.linspace(0, len(self.thresholds) - 1, min(most, len(self.thresholds))).astype(int))
        columns = {"threshold": self.thresholds, "precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: values[kept].astype(float).tolist() for name, values in columns.items()}


def suggested_threshold(
    scoring: Scoring, sources: EmbeddingSet, targets: EmbeddingSet, bank: EmbeddingSet | None = None
) -> dict[str, Any]:
    """Return `suggested`, the threshold of greatest F1 for these queries, with its `Suggestion` and its `curve`.

    `bank`: known rows of the sources' modality, for corrections that use queries. BadInput if no query has a right
    answer.
    """
    limit = scoring.matcher.params["limit"]
    curve = threshold_curve(scoring.scores(sources, targets, bank), right_answers(sources, targets), limit=limit)
    suggestion = curve.suggest().as_json()
    return {"suggested": suggestion.pop("threshold"), **suggestion, "curve": curve.thinned()}


def threshold_curve(scores: Scores, truth: RightAnswers, *, limit: int = LIMIT) -> ThresholdCurve:
    """Return precision and recall of accepting all targets that score at least t, at most `limit` per query, for all t.

    `truth`: the right pairs of the scores. All pairs accepted for a query without a right answer are wrong. BadInput if
    no query has a right answer.
    """
    values, right, right_pairs = _best_and_right(scores, truth, limit)
    if not right_pairs:
        raise BadInput(
            say("no threshold can be suggested: no validation query has a right answer among the candidates")
        )
    query = np.repeat(np.arange(len(values)), values.shape[1])
    order = np.argsort(-values.ravel(), kind="stable")
    ranked, hits, sources = values.ravel()[order].astype(np.float64), right.ravel()[order], query[order]
    newly = np.zeros(len(order), bool)
    newly[np.unique(sources, return_index=True)[1]] = True
    last = np.flatnonzero(np.append(np.diff(ranked) < 0, True))
    below = np.append(ranked[1:], ranked[-1])
    found = np.cumsum(hits)[last]
    thresholds = (ranked[last] + below[last]) / 2
    return ThresholdCurve(thresholds, found / (last + 1), found / right_pairs, np.cumsum(newly)[last], len(values))


def _best_and_right(scores: Scores, truth: RightAnswers, limit: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the best scores (m, k), which of them are right (m, k), and the largest number of right pairs."""
    values, targets = scores.top_k(limit)
    right, right_pairs, candidates = np.zeros(values.shape, bool), 0, max(1, len(scores.targets))
    for start in range(0, len(values), 1024):
        part = slice(start, start + 1024)
        rows, columns = truth.pairs(part)
        chosen = np.arange(len(values[part]))[:, None] * candidates + targets[part]
        right[part] = np.isin(chosen, rows * candidates + columns)
        right_pairs += int(np.minimum(np.bincount(rows), limit).sum())
    return values, right, right_pairs
