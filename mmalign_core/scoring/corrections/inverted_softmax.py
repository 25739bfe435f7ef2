"""Query-bank normalisation by inverted softmax: targets near to many queries get lower scores."""

from __future__ import annotations

import math

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.corrections.bank import BankCorrection, bias_rounding, soft_maximum
from mmalign_core.scoring.corrections.base import register
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity
from mmalign_core.wording import say


@register("inverted-softmax")
class InvertedSoftmax(BankCorrection):
    """s(x, y) - log(mean over queries q of exp(beta s(q, y))) / beta: the logarithm of a softmax over the queries.

    Smith et al. (2017), Offline bilingual word vectors; with a bank of known queries Bogolin et al. (2022), QB-Norm.
    Divided by beta, it stays on the scale of the similarity.
    """

    summary = say("Inverted softmax over a query bank (QB-Norm): lowers targets that are near to many queries")
    beta: float = param(30.0, 0.1, 1000.0, help="inverse temperature: the higher, the more the nearest queries count")

    def scores(
        self, similarity: Similarity, sources: np.ndarray, targets: np.ndarray, bank: np.ndarray | None = None
    ) -> Scores:
        """Return scores on the scale of the similarity, minus each target's smooth mean similarity to the queries."""
        known = self.known_queries(sources, bank)
        attraction = soft_maximum(similarity, targets, known, 1 / self.beta) - math.log(max(1, len(known))) / self.beta
        rounding = bias_rounding(similarity, targets, known)
        return Scores(similarity, sources, targets, target_bias=attraction, bias_rounding=rounding)
