"""Scores of pairs from sources that never saw the pair: as encoded, by known neighbours, and by kernel regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.types import Progress, no_progress
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say

MOST_EXAMPLES = 1500
"""Pairs that a source learns from at once: one solve of this size takes about a tenth of a second. Chosen."""
BANDWIDTH = 2.0
"""g in exp(g (cos - 1)), the kernel of the regression. Chosen: 1 to 3 give equal precision on two sets of drawings."""
PENALTIES = np.logspace(-1.5, 1, 6)
"""Penalties tried, two a decade about 1, which is the greatest value of the kernel. Chosen."""
CONTRAST = 3
"""Power of the cosine in the profiles of neighbours, so that near ones count for more. Chosen."""


@dataclass(frozen=True)
class Source:
    """The score of item i's first medium with item j's second is `left[i] @ right[j]`.

    `left` and `right` (n, d): row i belongs to item i. Whatever the source has learned for row i of `left`, it has
    learned without the pairs of i's fold.
    """

    name: str
    left: np.ndarray
    right: np.ndarray

    def flipped(self) -> Source:
        """The same scores with the two media exchanged."""
        return Source(self.name, self.right, self.left)


def centred_units(rows: np.ndarray) -> np.ndarray:
    """Rows less their mean, each of length 1 (n, d) float64."""
    rows = unit_rows(np.asarray(rows, np.float64))
    return unit_rows(rows - rows.mean(0))


def as_encoded(left: np.ndarray, right: np.ndarray) -> Source:
    """The cosine of both media about their means, for encoders that share a space. Nothing is learned."""
    return Source(say("as encoded"), centred_units(left), centred_units(right))


def by_regression(
    left: np.ndarray,
    right: np.ndarray,
    folds: np.ndarray,
    seed: int = 0,
    progress: Progress = no_progress,
    *,
    unlearned: np.ndarray | None = None,
) -> Source:
    """Kernel ridge regression of `right` (n, e) on `left` (n, d), fitted for each fold on the other folds.

    `folds` (n,) int; `unlearned` (n,) bool: pairs that no fit learns from. The prediction keeps its length: it is
    short where nothing known is near, and then tells little. The penalty has the least leave-one-out error on the
    training pairs of the first fold (Allen 1974, PRESS).
    """
    x, y, learned = centred_units(left), centred_units(right), _learned(folds, unlearned)
    places, penalty = np.zeros_like(y), 0.0
    for number in range(int(folds.max()) + 1):
        progress(number / (folds.max() + 1), f"fold {number + 1} of {folds.max() + 1}")
        held, known = np.flatnonzero(folds == number), _examples(learned & (folds != number), seed)
        kernel, asked = _centred_kernels(x[known], x[held])
        mean = y[known].mean(0)
        penalty = penalty or _least_error(kernel, y[known] - mean)
        weights = np.linalg.solve(kernel + penalty * np.eye(len(known)), y[known] - mean)
        places[held] = asked @ weights
    return Source("regression", places, y)


def by_neighbours(
    left: np.ndarray, right: np.ndarray, folds: np.ndarray, seed: int = 0, *, unlearned: np.ndarray | None = None
) -> Source:
    """Agreement of two profiles: which known pairs resemble the first medium, and which the second.

    This is the relative representation (Moschella et al. 2023) with all known pairs as anchors. The anchors of an
    item's own fold are left out of its first profile. `unlearned` (n,) bool: pairs that are no anchors.
    """
    anchors = _examples(_learned(folds, unlearned), seed)
    profiles = []
    for rows in map(centred_units, (left, right)):
        # Single precision: profiles are the largest arrays of all, (n, 1500).
        profiles.append(np.clip((rows @ rows[anchors].T).astype(np.float32), 0, None) ** CONTRAST)
    profiles[0][folds[:, None] == folds[anchors][None]] = 0
    first, second = (unit_rows(rows).astype(np.float32) for rows in profiles)
    return Source("neighbours", first, second)


def _learned(folds: np.ndarray, unlearned: np.ndarray | None) -> np.ndarray:
    return np.ones(len(folds), bool) if unlearned is None else ~unlearned


def _examples(allowed: np.ndarray, seed: int) -> np.ndarray:
    """Row numbers of at most MOST_EXAMPLES of the allowed rows, rising."""
    rows = np.flatnonzero(allowed)
    if len(rows) <= MOST_EXAMPLES:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_EXAMPLES, replace=False))


def _centred_kernels(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernels (p, p) and (q, p) about the mean of the known rows in feature space."""
    inner = np.exp(BANDWIDTH * (known @ known.T - 1))
    outer = np.exp(BANDWIDTH * (asked @ known.T - 1))
    columns = inner.mean(0)
    outer = outer - outer.mean(1, keepdims=True) - columns + columns.mean()
    return inner - columns - columns[:, None] + columns.mean(), outer


def _least_error(kernel: np.ndarray, targets: np.ndarray) -> float:
    """The penalty of least leave-one-out error, in closed form from one eigendecomposition."""
    values, vectors = np.linalg.eigh(kernel)
    values, along, squares = np.clip(values, 0, None), vectors.T @ targets, vectors**2
    errors = []
    for penalty in PENALTIES:
        shrink = values / (values + penalty)
        residual = targets - vectors @ (shrink[:, None] * along)
        freedom = np.clip(1 - squares @ shrink - 1 / len(kernel), 1e-3, None)  # the floor keeps a lone row finite
        errors.append(float(((residual / freedom[:, None]) ** 2).sum()))
    return float(PENALTIES[int(np.argmin(errors))])
