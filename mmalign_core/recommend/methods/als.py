"""Implicit ALS: user and item factors whose product is near 1 for interactions and near 0 elsewhere."""

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
from mmalign_core.wording import say


@register("als")
class ALS(Collaborative):
    """score(i) = y_i · x with x = (YᵀY + Yᵀ(C - I)Y + λI)⁻¹ Σ_h c_h sign(w_h) y_h, c_h = 1 + α |w_h|.

    Hu, Koren and Volinsky 2008, Collaborative Filtering for Implicit Feedback Datasets; the item factors Y come from
    `implicit`. Every user, known or new, gets factors by one least-squares step from the history. The step is a sum
    over the history, which gives the shares of their section 5. Items without events have zero factors.
    """

    summary = say("Matrix factorisation: latent factors of users and items whose products predict interactions")
    factors: int = param(32, 1, 1024, help=say("numbers per user and per item"))
    alpha: float = param(1.0, 0.0, 1e4, help=say("additional confidence in an interaction, compared with none"))
    regularisation: float = param(1.0, 1e-6, 1e6, help=say("λ: larger keeps the factors smaller"))
    iterations: int = param(15, 1, 500, help=say("alternations between solving for users and for items"))

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Solve for users and items in turn, on one thread, so that a seed fixes the result."""
        from implicit.cpu.als import AlternatingLeastSquares
        from implicit.recommender_base import ModelFitError
        from threadpoolctl import threadpool_limits

        def report(iteration: int, seconds: float, loss: float | None) -> None:
            progress((iteration + 1) / self.iterations, f"iteration {iteration + 1} of {self.iterations}")

        try:
            with threadpool_limits(1, "blas"):  # also around the constructor, which warns of more threads
                model = AlternatingLeastSquares(
                    self.factors, self.regularisation, iterations=self.iterations, num_threads=1, random_state=seed
                )
                model.fit(sparse.csr_matrix((1 + self.alpha) * events.matrix), show_progress=False, callback=report)
        except ModelFitError as error:
            raise BadInput(say("regularisation: too small for these events and alpha; raise it")) from error
        self._factors = np.where(events.popularity[:, None] > 0, model.item_factors, 0).astype(np.float64)
        self._normal = self._factors.T @ self._factors + self.regularisation * np.eye(self.factors)

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n): the products of the item factors with each query's user factors."""
        return np.stack([self._parts(query).sum(axis=0) for query in queries]) @ self._factors.T

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return shares by item of the history: c_h sign(w_h) y_iᵀ W y_h, W being the user's inverse."""
        return self._named(query, self._parts(query) @ self._factors[rows].T)

    def _parts(self, query: PlacedQuery) -> np.ndarray:
        """Return (h, f): what each item of the history adds to the user's factors."""
        history, weights = history_weights(query)
        own, confidence = self._factors[history], 1 + self.alpha * np.abs(weights)
        normal = self._normal + (own.T * (confidence - 1)) @ own
        return np.linalg.solve(normal, (own * (np.sign(weights) * confidence)[:, None]).T).T
