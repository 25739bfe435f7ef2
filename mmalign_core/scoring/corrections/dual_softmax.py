"""Dual softmax: the product of a pair's shares among the targets of its query and the queries of its target."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.corrections.bank import bias_rounding, distinct, soft_maximum
from mmalign_core.scoring.corrections.base import Correction, VectorPair, register
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity
from mmalign_core.wording import say


@register("dual-softmax")
class DualSoftmax(Correction):
    """tau log(P(y | x) P(x | y)), both softmaxes of s / tau: over all targets, and over all measured queries.

    Rocco et al. (2018), Neighbourhood consensus networks; Cheng et al. (2021), dual softmax loss at inference. The
    measured queries compete with each other, so it is transductive.
    """

    summary = say("Dual softmax: queries compete for targets and targets for queries")
    transductive = True
    temperature: float = param(0.01, 0.001, 10.0, help="tau: the lower, the more only the nearest compete")

    def scores(
        self, similarity: Similarity, sources: np.ndarray, targets: np.ndarray, bank: np.ndarray | None = None
    ) -> Scores:
        """Return scores at most 0, on the scale of the similarity; 0 without competitors. Ignores the bank."""
        queries = distinct(sources)
        over_targets = soft_maximum(similarity, sources, targets, self.temperature)
        over_queries = soft_maximum(similarity, targets, queries, self.temperature)
        rounding = max(bias_rounding(similarity, sources, targets), bias_rounding(similarity, targets, queries))
        return Scores(similarity, sources, targets, 2.0, over_targets, over_queries, rounding)

    def both_scores(self, similarity: Similarity, pair: VectorPair) -> tuple[Scores, Scores]:
        """Return both directions, which are the same scores where no row has a copy."""
        if not (similarity.symmetric and all(len(distinct(rows)) == len(rows) for rows in (pair.a, pair.b))):
            return super().both_scores(similarity, pair)
        found = self.scores(similarity, pair.a, pair.b)
        return found, found.flipped()
