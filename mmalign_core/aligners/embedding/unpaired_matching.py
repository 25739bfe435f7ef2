"""Mutual nearest neighbours of two spaces, and the rotation refined on them (self-learning)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.embedding.procrustes import nearest_orthonormal
from mmalign_core.scoring.neighbours import top_k

NEIGHBOURS = 10
"""Neighbours that CSLS averages over, as in its paper (Conneau et al. 2018)."""


@dataclass(frozen=True)
class Mutual:
    """Rows that are each other's best by CSLS: `left` and `right` (p,) row numbers, `csls` (p,) their scores.

    `share`: p divided by the rows of the smaller side. `agreement`: the sum of the scores divided by the same number.
    It separates right from wrong alignments without known pairs (Conneau et al. 2018 use such a criterion).
    """

    left: np.ndarray
    right: np.ndarray
    csls: np.ndarray
    share: float
    agreement: float


@dataclass(frozen=True)
class Refinement:
    """Orthogonal map (k, k) of left rows onto right ones, the pairs it was refined on (row numbers) and its quality."""

    rotation: np.ndarray
    left: np.ndarray
    right: np.ndarray
    share: float
    agreement: float


Watch = Callable[[Refinement], None]
"""Called after each round."""


def mutual_neighbours(left: np.ndarray, right: np.ndarray) -> Mutual:
    """Return the mutual best matches of unit rows (n, k) and (m, k) float32.

    csls(x, y) = 2 cos - mean cos of x with its nearest in `right` - the same of y in `left` (Conneau et al. 2018).
    Without it, hubs would match most rows. Each row's best match is searched among its nearest neighbours.
    """
    there, back = top_k(left, right, NEIGHBOURS), top_k(right, left, NEIGHBOURS)
    crowd_left, crowd_right = there[0].mean(1), back[0].mean(1)
    chosen, scores = _best(*there, crowd_left, crowd_right)
    returned, _ = _best(*back, crowd_right, crowd_left)
    agreed = np.flatnonzero(returned[chosen] == np.arange(len(left)))
    smaller = min(len(left), len(right))
    csls = scores[agreed]
    return Mutual(agreed, chosen[agreed], csls, len(agreed) / smaller, float(csls.sum(dtype=np.float64)) / smaller)


def _best(
    scores: np.ndarray, indices: np.ndarray, crowd: np.ndarray, other_crowd: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    csls = 2 * scores - crowd[:, None] - other_crowd[indices]
    best = csls.argmax(1)[:, None]
    return np.take_along_axis(indices, best, 1)[:, 0], np.take_along_axis(csls, best, 1)[:, 0]


def refine(
    left: np.ndarray,
    right: np.ndarray,
    rotation: np.ndarray,
    rng: np.random.Generator,
    *,
    rounds: int,
    rows: int,
    memory: float = 0.0,
    watch: Watch = lambda refinement: None,
) -> Refinement:
    """Alternate between matching and rotating onto the matches: self-learning after Artetxe et al. 2018.

    Each of the `rounds` (at least 1) draws at most `rows` rows of either side, so that a wrong match is not repeated.
    `memory`: share of the earlier rounds' cross-covariance that is kept.
    """
    cross, refinement = np.zeros(rotation.shape), None
    for _ in range(rounds):
        some, others = (_draw_rows(len(side), rows, rng) for side in (left, right))
        found = mutual_neighbours(left[some] @ rotation.astype(np.float32), right[others])
        pairs = some[found.left], others[found.right]
        cross = memory * cross + cross_covariance(left, right, *pairs)
        rotation = nearest_orthonormal(cross)
        refinement = Refinement(rotation, *pairs, found.share, found.agreement)
        watch(refinement)
    assert refinement is not None
    return refinement


def cross_covariance(left: np.ndarray, right: np.ndarray, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the cross-covariance (k, k) float64 of these pairs of rows, per pair."""
    return left[some].T.astype(np.float64) @ right[others] / max(1, len(some))


def _draw_rows(size: int, most: int, rng: np.random.Generator) -> np.ndarray:
    return np.arange(size) if size <= most else np.sort(rng.choice(size, most, replace=False))
