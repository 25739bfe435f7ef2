"""Cross-domain similarity local scaling: similarity relative to the neighbourhoods of both sides."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.corrections.bank import BankCorrection, bias_rounding, mean_of_best, means_of_best
from mmalign_core.scoring.corrections.base import VectorPair, register
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity
from mmalign_core.wording import say


@register("csls")
class CSLS(BankCorrection):
    """2 s(x, y) - r_T(x) - r_S(y): r_T, r_S are the mean similarity to the k nearest targets and queries.

    Conneau et al. (2018), Word translation without parallel data.
    """

    summary = say("CSLS: the similarity relative to the mean of the k nearest on either side")
    k: int = param(10, 1, 1000, help="neighbours in the local mean")

    def scores(
        self, similarity: Similarity, sources: np.ndarray, targets: np.ndarray, bank: np.ndarray | None = None
    ) -> Scores:
        """Return scores around 0: positive for pairs nearer to each other than to their neighbourhoods."""
        known = self.known_queries(sources, bank)
        near_targets = mean_of_best(similarity, sources, targets, self.k)
        near_queries = mean_of_best(similarity, targets, known, self.k)
        rounding = max(bias_rounding(similarity, sources, targets), bias_rounding(similarity, targets, known))
        return Scores(similarity, sources, targets, 2.0, near_targets, near_queries, rounding)

    def both_scores(self, similarity: Similarity, pair: VectorPair) -> tuple[Scores, Scores]:
        """Return both directions, from one pass where the neighbourhoods of one are those of the other."""
        a, b = pair.a, pair.b
        if not self.shares_pass(similarity, pair):
            return super().both_scores(similarity, pair)
        near_a, near_b = means_of_best(similarity, a, b, self.k)
        rounding = max(bias_rounding(similarity, a, b), bias_rounding(similarity, b, a))
        found = Scores(similarity, a, b, 2.0, near_a, near_b, rounding)
        return found, found.flipped()
