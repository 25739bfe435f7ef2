"""Recommenders whose score is a product of what a history adds up to and what an item is, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.recommend.learning.collaborative import (
    POPULARITY,
    TASTE,
    Collaborative,
    Shares,
    history_weights,
    with_share,
)
from mmalign_core.recommend.query import Query


@dataclass(frozen=True)
class Block:
    """One part of the score, such as a modality's: `given` (n, f) is what an item of the history adds to the user,
    `own` (n, f) what the user is multiplied with for an item."""

    given: np.ndarray
    own: np.ndarray


class Factors(Collaborative):
    """score(i) = popularity_i + Σ_b f_b u_b · own_b[i], u_b = Σ_h w_h given_b[h] / sqrt(Σ_h |w_h|), over blocks b.

    f_b is 1, but for a block that bears a modality's name: there it is the query's weight of that modality, the
    largest weight counting as 1, so that a modality left out of the query adds nothing.
    """

    _blocks: Mapping[str, Block]
    _popularity: np.ndarray | None = None

    def score(self, queries: Sequence[Query]) -> np.ndarray:
        """(q, n): each block's products, and the popularity."""
        scores = np.zeros((len(queries), len(self._ids)))
        for label, block in self._blocks.items():
            users = np.stack([factor_of(query, label) * self._given(query, block).sum(axis=0) for query in queries])
            scores += users @ block.own.astype(np.float64).T
        return scores if self._popularity is None else scores + self._popularity

    def shares(self, query: Query, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """By item of the history, or by block ("modality", "taste"); popularity stands by itself."""
        shares = self._by_item(query, rows) if (view or self.views[0]) == "history" else self._by_block(query, rows)
        return shares if self._popularity is None else with_share(shares, POPULARITY, self._popularity[rows])

    def _by_item(self, query: Query, rows: np.ndarray) -> Shares:
        terms = np.zeros((len(query.history), len(rows)))
        for label, block in self._blocks.items():
            terms += factor_of(query, label) * self._given(query, block) @ block.own[rows].astype(np.float64).T
        return self._named(query, terms)

    def _by_block(self, query: Query, rows: np.ndarray) -> Shares:
        return {
            label: factor_of(query, label) * block.own[rows].astype(np.float64) @ self._given(query, block).sum(axis=0)
            for label, block in self._blocks.items()
        }

    def _given(self, query: Query, block: Block) -> np.ndarray:
        """(h, f) float64 what each item of the history adds to the user."""
        history, weights = history_weights(query)
        return block.given[history] * (weights / np.sqrt(max(np.abs(weights).sum(), 1e-12)))[:, None]


def factor_of(query: Query, label: str) -> float:
    """How much the block with this label counts for the query."""
    most = max(query.weights.values(), default=0.0)
    return 1.0 if label == TASTE or not most > 0 else query.weights.get(label, 0.0) / most
