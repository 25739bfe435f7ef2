"""Implicit ALS: few numbers a user and an item, whose products are near 1 where they met and near 0 elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from mmalign_core.params import param
from mmalign_core.recommend.base import register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.collaborative import Collaborative, history_weights
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.types import BadInput, Progress


@register("als")
class ALS(Collaborative):
    """score(i) = y_i · x with x = (YᵀY + Yᵀ(C - I)Y + λI)⁻¹ Σ_h c_h sign(w_h) y_h, c_h = 1 + α |w_h|.

    Hu, Koren and Volinsky 2008, Collaborative Filtering for Implicit Feedback Datasets; the item factors Y come from
    `implicit`. Every user, known or not, is folded in by one least-squares step from his history; its sum over the
    history gives the shares of their section 5. Items nobody met have zero factors.
    """

    summary = "Few hidden tastes a user and an item, fitted so that their products tell met from not met"
    factors: int = param(32, 1, 1024, help="numbers a user and an item")
    alpha: float = param(1.0, 0.0, 1e4, help="how much more a meeting counts than a non-meeting, beyond once")
    regularisation: float = param(1.0, 1e-6, 1e6, help="λ: larger keeps the factors smaller")
    iterations: int = param(15, 1, 500, help="how often users and items are solved for in turn")

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Solve for users and items in turn, on one thread so that a seed means one result."""
        from implicit.cpu.als import AlternatingLeastSquares
        from implicit.recommender_base import ModelFitError
        from threadpoolctl import threadpool_limits

        def told(iteration: int, seconds: float, loss: float | None) -> None:
            progress((iteration + 1) / self.iterations, f"iteration {iteration + 1} of {self.iterations}")

        try:
            with threadpool_limits(1, "blas"):  # also around the making: that is when implicit warns of more threads
                model = AlternatingLeastSquares(
                    self.factors, self.regularisation, iterations=self.iterations, num_threads=1, random_state=seed
                )
                model.fit(sparse.csr_matrix((1 + self.alpha) * events.matrix), show_progress=False, callback=told)
        except ModelFitError as error:
            raise BadInput("regularisation: too small for these events and alpha; raise it") from error
        self._factors = np.where(events.popularity[:, None] > 0, model.item_factors, 0).astype(np.float64)
        self._normal = self._factors.T @ self._factors + self.regularisation * np.eye(self.factors)

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """(q, n): the products with each folded-in user."""
        return np.stack([self._parts(query).sum(axis=0) for query in queries]) @ self._factors.T

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """By item of the history: c_h sign(w_h) y_iᵀ W y_h, W the user's inverse."""
        return self._named(query, self._parts(query) @ self._factors[rows].T)

    def _parts(self, query: PlacedQuery) -> np.ndarray:
        """(h, f) what each item of the history adds to the user's factors."""
        history, weights = history_weights(query)
        own, confidence = self._factors[history], 1 + self.alpha * np.abs(weights)
        normal = self._normal + (own.T * (confidence - 1)) @ own
        return np.linalg.solve(normal, (own * (np.sign(weights) * confidence)[:, None]).T).T
