"""RP3beta: random walks from items of the history to users and on to items, with a penalty on popular items."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mmalign_core.params import param
from mmalign_core.recommend.base import register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.collaborative import MOST_ITEMS, ItemWeights
from mmalign_core.recommend.learning.held_out import Matrix
from mmalign_core.types import Progress
from mmalign_core.wording import say

STRIP = 1024
"""Items whose walks are counted at a time: 160 MB at most. Our choice."""


@register("rp3beta")
class RP3Beta(ItemWeights):
    """B[h, i] = Σ_u P(u | h)^α P(i | u)^α / popularity(i)^β, the `neighbours` strongest i kept for each h.

    P(u | h) is one over the number of users of h, P(i | u) one over the number of items of u. Paudel et al. 2017,
    Updatable, Accurate, Diverse, and Scalable Recommendations for Interactive Applications.
    """

    summary = say(
        "Random walks from each item of the history to its users and on to their items; popular items count less"
    )
    alpha: float = param(1.0, 0.0, 5.0, help=say("power of each step's probability: above 1 prefers the likely steps"))
    beta: float = param(0.2, 0.0, 5.0, help=say("strength of the penalty on popular items"))
    neighbours: int = param(200, 1, MOST_ITEMS, help=say("how many items get a weight from each item"))

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Count the walks. BadInput beyond 20,000 items with events."""
        met = self.known_items(events)
        matrix = events.matrix[:, met].astype(np.float64)
        popularity = events.popularity[met]
        to_item = transition_powers(matrix, matrix.sum(axis=1), self.alpha)
        to_user = transition_powers(matrix.T.tocsr(), popularity, self.alpha)
        between = np.empty((len(met), len(met)), np.float32)
        for start in range(0, len(met), STRIP):
            walks = (to_user[start : start + STRIP] @ to_item).toarray() / popularity**self.beta
            np.fill_diagonal(walks[:, start:], 0.0)
            between[start : start + STRIP] = keep_strongest(walks, self.neighbours)
            progress(
                min(1.0, (start + STRIP) / len(met)), say("walked from {min} items", min=min(start + STRIP, len(met)))
            )
        self._keep(met, between)


def transition_powers(matrix: Matrix, totals: np.ndarray, alpha: float) -> Matrix:
    """Return each row divided by its total (never 0 where it has entries), to the power alpha."""
    found = sparse.csr_array(matrix)
    shares = np.repeat(1.0 / np.maximum(totals, 1), np.diff(found.indptr))
    return sparse.csr_array((found.data * shares**alpha, found.indices, found.indptr), shape=found.shape)


def keep_strongest(weights: np.ndarray, k: int) -> np.ndarray:
    """Set all but the k largest values of each row of (s, m) to 0, in place. Of equal values the later ones stay."""
    if k < weights.shape[1]:
        for row in weights:
            row[np.argsort(-row, kind="stable")[k:]] = 0.0
    return weights
