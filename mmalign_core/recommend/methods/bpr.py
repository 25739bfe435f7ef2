"""BPR: item factors learned from pairs of a met and an unmet item, one small gradient step per pair."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.recommend.base import register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.collaborative import TASTE
from mmalign_core.recommend.learning.factors import Block, Factors
from mmalign_core.recommend.learning.pairwise import Triples
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say

BATCH = 1024
"""Pairs whose steps are taken together. Our choice: with small learning rates the result is that of single steps."""


@register("bpr")
class BPR(Factors):
    """score(i) = b_i + x · y_i, learned by gradient steps on -log σ(score(met) - score(unmet)).

    Rendle et al. 2009, BPR: Bayesian Personalized Ranking from Implicit Feedback. In training each user has free
    factors x_u (`user_factors`). Queries use x = s Σ_h w_h y_h / sqrt(Σ_h |w_h|), with the one number s that brings x
    nearest to all x_u. So new users can be scored, with exact shares. benchmarks/movielens.py measures both.
    """

    summary = say("Latent factors learned from pairs: an item of a user should score above one the user has not met")
    views = ("history", "taste")
    factors: int = param(32, 1, 1024, help=say("numbers per user and per item"))
    learning_rate: float = param(0.02, 1e-6, 1.0, help=say("size of a step"))
    regularisation: float = param(0.01, 0.0, 10.0, help=say("how much each step shrinks the factors that it changes"))
    iterations: int = param(100, 1, 5000, help=say("passes over as many pairs as there are events"))
    negatives: str = param(
        "uniform", choices=("uniform", "popular"), help=say("draws of unmet items: uniform, or by number of users")
    )

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Train the factors, then compute s."""
        rng, users = np.random.default_rng(seed), len(events.users)
        met = events.popularity > 0
        self.user_factors, self.item_factors = (
            (rng.random((count, self.factors)) - 0.5) / self.factors for count in (users, events.items)
        )
        self.item_factors[~met] = 0
        self.item_biases = np.zeros(events.items)
        triples = Triples(events.matrix, self.negatives, seed)
        for iteration in range(self.iterations):
            with np.errstate(all="ignore"):
                for batch in triples.batches(BATCH):
                    self._step(*batch)
            if not np.isfinite(self.item_factors).all():
                raise BadInput(
                    say(
                        "learning_rate: the training diverges at {learning_rate:g}; choose a smaller one",
                        learning_rate=self.learning_rate,
                    )
                )
            progress((iteration + 1) / self.iterations, f"pass {iteration + 1} of {self.iterations}")
        self._blocks, self._popularity = {TASTE: self._served(events)}, self.item_biases

    def _step(self, users: np.ndarray, chosen: np.ndarray, others: np.ndarray) -> None:
        x, y, z = self.user_factors[users], self.item_factors[chosen], self.item_factors[others]
        bias = self.item_biases
        lead = bias[chosen] - bias[others] + np.einsum("bf,bf->b", x, y - z)
        pull = 0.5 * (1 - np.tanh(lead / 2))
        rate, shrink, towards = self.learning_rate, self.regularisation, pull[:, None]
        np.add.at(self.user_factors, users, rate * (towards * (y - z) - shrink * x))
        np.add.at(self.item_factors, chosen, rate * (towards * x - shrink * y))
        np.add.at(self.item_factors, others, rate * (-towards * x - shrink * z))
        np.add.at(bias, chosen, rate * (pull - shrink * bias[chosen]))
        np.add.at(bias, others, rate * (-pull - shrink * bias[others]))

    def _served(self, events: Interactions) -> Block:
        matrix = events.matrix
        sums = (matrix @ self.item_factors) / np.sqrt(np.maximum(matrix.sum(axis=1), 1))[:, None]
        scale = float((sums * self.user_factors).sum() / max(float((sums**2).sum()), 1e-12))
        return Block(scale * self.item_factors, self.item_factors)
