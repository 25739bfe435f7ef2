"""Nearest-neighbour normalisation: an additive bias from each target's nearest queries in a bank."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.corrections.bank import BankCorrection, bias_rounding, mean_of_best, means_of_best
from mmalign_core.scoring.corrections.base import VectorPair, register
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity
from mmalign_core.wording import say


@register("nnn")
class NNN(BankCorrection):
    """s(x, y) - alpha · mean similarity of y to its k nearest queries of the bank.

    Chowdhury et al. (2024), Nearest neighbor normalization improves multimodal retrieval.
    """

    summary = say("NNN: the similarity minus a share of each target's mean similarity to its k nearest bank queries")
    k: int = param(16, 1, 1000, help="number of a target's nearest bank queries")
    alpha: float = param(0.75, 0.0, 2.0, help="factor of the mean that is subtracted")

    def scores(
        self, similarity: Similarity, sources: np.ndarray, targets: np.ndarray, bank: np.ndarray | None = None
    ) -> Scores:
        """Return scores on the scale of the similarity, minus each target's bias."""
        known = self.known_queries(sources, bank)
        bias = self.alpha * mean_of_best(similarity, targets, known, self.k)
        rounding = self.alpha * bias_rounding(similarity, targets, known)
        return Scores(similarity, sources, targets, target_bias=bias, bias_rounding=rounding)

    def both_scores(self, similarity: Similarity, pair: VectorPair) -> tuple[Scores, Scores]:
        """Return both directions, from one pass where the queries of one are the targets of the other."""
        a, b = pair.a, pair.b
        if not self.shares_pass(similarity, pair):
            return super().both_scores(similarity, pair)
        near_a, near_b = means_of_best(similarity, a, b, self.k)
        ahead, back = (self.alpha * bias_rounding(similarity, x, y) for x, y in ((b, a), (a, b)))
        return (
            Scores(similarity, a, b, target_bias=self.alpha * near_b, bias_rounding=ahead),
            Scores(similarity, b, a, target_bias=self.alpha * near_a, bias_rounding=back),
        )
