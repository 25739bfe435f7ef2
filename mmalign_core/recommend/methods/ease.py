"""EASE: a linear model that predicts interactions from interactions, solved in closed form."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mmalign_core.params import param
from mmalign_core.recommend.base import register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.collaborative import ItemWeights, rated_matrix
from mmalign_core.recommend.learning.held_out import Matrix
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say

STRIP = 1024
"""Rows computed at a time, so that only the matrix itself is large: 160 MB at most. Our choice."""


@register("ease")
class Ease(ItemWeights):
    """min ‖X - XB‖² + λ‖B‖² with diag B = 0, so B = I - P / diag(P), P = (XᵀX + λI)⁻¹.

    Steck 2019, Embarrassingly Shallow Autoencoders for Sparse Data. Only items with events take part.
    """

    summary = say("Linear model: each item of the history raises or lowers others, with weights in closed form")
    regularisation: float = param(
        500.0, 1e-3, 1e7, help=say("λ: larger gives less weight to items rarely met together")
    )
    positive: bool = param(False, help=say("set negative weights to 0, so that no item lowers another"))
    ratings: bool = param(False, help=say("learn from the ratings as numbers, not only from the events"))

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Solve for B. BadInput beyond 20,000 items with events.

        The solution is one LAPACK call, which cannot be stopped: seconds for thousands of items, minutes for 20,000.
        """
        matrix = rated_matrix(events) if self.ratings else events.matrix
        met = self.known_items(events)
        progress(0.1, say("counting which of {n} items were met together", n=len(met)))
        gram = cooccurrences(matrix[:, met])
        gram[np.diag_indices(len(met))] += self.regularisation
        progress(0.3, say("solving for the weights between {n} items, a step that cannot be stopped", n=len(met)))
        inverse = symmetric_inverse(gram)
        inverse /= -np.diag(inverse).copy()
        np.fill_diagonal(inverse, 0.0)
        self._keep(met, np.maximum(inverse, 0, out=inverse) if self.positive else inverse)


def cooccurrences(matrix: Matrix) -> np.ndarray:
    """Return the Gram matrix (m, m), strip by strip: float64 for few items, float32 where that would not fit."""
    items = matrix.shape[1]
    gram = np.empty((items, items), np.float64 if items <= 5000 else np.float32)
    turned, by_item = sparse.csr_array(matrix.T), sparse.csr_array(matrix)
    for start in range(0, items, STRIP):
        gram[start : start + STRIP] = (turned[start : start + STRIP] @ by_item).toarray()
    return gram


def symmetric_inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse of a symmetric positive definite matrix by Cholesky factors, in the memory of the matrix."""
    from scipy.linalg import get_lapack_funcs

    factorise, invert = get_lapack_funcs(("potrf", "potri"), (matrix,))
    factor, failed = factorise(matrix.T, lower=0, overwrite_a=1)
    inverse, unsolved = invert(factor, lower=0, overwrite_c=1)
    if failed or unsolved:
        raise BadInput(say("regularisation: too small for these events, the weights cannot be solved for; raise it"))
    for start in range(0, len(inverse), STRIP):
        stop = start + STRIP
        corner = np.triu(inverse[start:stop, start:stop])
        inverse[start:stop, start:stop] = corner + np.triu(corner, 1).T
        inverse[stop:, start:stop] = inverse[start:stop, stop:].T
    return inverse.T
