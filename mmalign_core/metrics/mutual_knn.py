"""Do two modalities arrange the same items alike? Shared nearest neighbours, calibrated against permutations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.space import SAMPLE, partners
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import EmbeddingSet


@dataclass(frozen=True)
class MutualNeighbours:
    """`observed`: mean share of an item's k neighbours that both modalities agree on; `expected` by chance alone.

    `calibrated`: (observed - expected) / (1 - expected), 0 at chance and 1 where all agree. `p`: share of
    permutations, the observed one among them, that agree at least as much; 1 with fewer than three items.
    """

    observed: float
    expected: float
    calibrated: float
    p: float


def mutual_knn(
    a: EmbeddingSet, b: EmbeddingSet, k: int = 10, *, permutations: int = 200, seed: int = 0, sample: int = SAMPLE
) -> MutualNeighbours:
    """Mutual k-nearest-neighbour agreement of two modalities over the items that have both, each in its own vectors.

    Huh et al. (2024), The platonic representation hypothesis. The raw number grows with k / n, so chance is taken
    away: the items of b are permuted, over and over. Cosine; k neighbours, but of few items less than half; at most
    `sample` items, the first row of each. Equal neighbours come in random order, or a collapsed space would agree.
    """
    left, right = partners(a, b, seed=seed, sample=sample)
    n, rng = len(left), np.random.default_rng(seed)
    k = min(k, (n - 1) // 2)
    if n < 3:
        return MutualNeighbours(0.0, 0.0, 0.0, 1.0)
    near = np.zeros((n, n), bool)
    near[np.arange(n)[:, None], _neighbours(left, k, rng)] = True
    rows, columns = np.repeat(np.arange(n), k), _neighbours(right, k, rng).ravel()
    orders = (rng.permutation(n) for _ in range(permutations))
    chance = np.array([near[order[rows], order[columns]].mean() for order in orders])
    observed, expected = float(near[rows, columns].mean()), float(chance.mean())
    calibrated = (observed - expected) / (1 - expected) if expected < 1 else 0.0
    p = (1 + np.count_nonzero(chance >= observed)) / (1 + permutations)
    return MutualNeighbours(observed, expected, calibrated, float(p))


def _neighbours(rows: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """The k nearest other rows of each (n, k), equal ones in random order."""
    order = rng.permutation(len(rows))
    found = order[top_k(rows[order], rows[order], k + 1)[1]]
    found = found[np.argsort(order)]
    others = found != np.arange(len(rows))[:, None]
    others[others.all(1), -1] = False
    return found[others].reshape(len(rows), k)
