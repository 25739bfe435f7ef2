"""Recommenders whose score is a product of factors of the user's history and factors of the item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.params import param
from mmalign_core.recommend.learning.collaborative import (
    POPULARITY,
    TASTE,
    Collaborative,
    Shares,
    history_weights,
    with_share,
)
from mmalign_core.recommend.learning.held_out import K, Matrix
from mmalign_core.recommend.learning.pairwise import Plan, train
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.types import Progress
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch

    from mmalign_core.recommend.learning.held_out import Places


@dataclass(frozen=True)
class Block:
    """One part of the score, such as a modality's. `given` (n, f): what an item of the history adds to the user's
    factors. `own` (n, f): the item's factors, which are multiplied by the user's."""

    given: np.ndarray
    own: np.ndarray


class Factors(Collaborative):
    """score(i) = popularity_i + Σ_b f_b u_b · own_b[i], u_b = Σ_h w_h given_b[h] / sqrt(Σ_h |w_h|), over blocks b.

    f_b is 1, except for a block whose label is a modality. There it is the query's weight of that modality divided by
    the largest weight, so that a modality with weight 0 adds nothing.
    """

    _blocks: Mapping[str, Block]
    _popularity: np.ndarray | None = None

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n): the sum of the products of all blocks, and the popularity."""
        scores = np.zeros((len(queries), len(self._ids)))
        for label, block in self._blocks.items():
            users = np.stack([factor_of(query, label) * self._given(query, block).sum(axis=0) for query in queries])
            scores += users @ block.own.astype(np.float64).T
        return scores if self._popularity is None else scores + self._popularity

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return shares by item of the history, or by block ("modality", "taste"). Popularity is a share of its own."""
        shares = self._by_item(query, rows) if (view or self.views[0]) == "history" else self._by_block(query, rows)
        return shares if self._popularity is None else with_share(shares, POPULARITY, self._popularity[rows])

    def _by_item(self, query: PlacedQuery, rows: np.ndarray) -> Shares:
        terms = np.zeros((len(query.history), len(rows)))
        for label, block in self._blocks.items():
            terms += factor_of(query, label) * self._given(query, block) @ block.own[rows].astype(np.float64).T
        return self._named(query, terms)

    def _by_block(self, query: PlacedQuery, rows: np.ndarray) -> Shares:
        return {
            label: factor_of(query, label) * block.own[rows].astype(np.float64) @ self._given(query, block).sum(axis=0)
            for label, block in self._blocks.items()
        }

    def _given(self, query: PlacedQuery, block: Block) -> np.ndarray:
        """Return (h, f) float64: what each item of the history adds to the user's factors."""
        history, weights = history_weights(query)
        return block.given[history] * (weights / np.sqrt(max(np.abs(weights).sum(), 1e-12)))[:, None]


def factor_of(query: PlacedQuery, label: str) -> float:
    """Return the factor f_b of the block with this label for the query."""
    most = max(query.weights.values(), default=0.0)
    return 1.0 if label == TASTE or not most > 0 else query.weights.get(label, 0.0) / most


class TrainedFactors(Factors):
    """Factors trained in torch on nine tenths of the events. The last tenth decides when to stop."""

    learning_rate: float = param(0.02, 1e-6, 1.0, help=say("size of a step"))
    decay: float = param(1e-4, 0.0, 1.0, help=say("weight of the penalty on large factors"))
    passes: int = param(200, 1, 5000, help=say("most passes over the events; fewer if held-out events stop improving"))

    def _train(
        self,
        weights: Iterable[torch.Tensor],
        places: Callable[[Matrix], Places],
        matrix: Matrix,
        seed: int,
        progress: Progress,
    ) -> None:
        """Train the weights in place; see `pairwise.train`."""
        plan = Plan(self.passes, self.learning_rate, self.decay)
        reached = train(weights, places, matrix, plan, seed=seed, progress=progress)
        self.settled = {} if reached is None else {f"NDCG@{K} on held-out events": reached}
