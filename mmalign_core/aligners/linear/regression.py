"""Ridge regression of one modality on another, and the target and penalty that retrieve held-out pairs best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.linear.base import Examples
from mmalign_core.aligners.linear.ridge_search import choice_splits, example_numbers
from mmalign_core.aligners.linear.spectral import is_wide, principal, span_basis
from mmalign_core.aligners.linear.stored_rows import Rows, held, product, taken
from mmalign_core.aligners.training.holdout import Holdout, mean_reciprocal_rank

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Penalties tried, relative to the mean variance of a column. Chosen: two steps per decade, as the ridges of CCA; the
best of five collections lay between 0.3 and 10 (docs/aligners_tried.md)."""
DEFAULT_PENALTY = 3.0
"""Penalty used if no held-out pair can be ranked. With 20 pairs it was within 2.5 points of R@10 of the best penalty
from 0.01 to 10 (docs/aligners_tried.md)."""


@dataclass(frozen=True)
class Regression:
    """The regression of rows y (p, d2) on rows x (p, d1) for all penalties, by the principal axes of x.

    `variances` (r,) and `directions` (d1, r) of x, the `mean_variance` of its columns, and `cross` (r, d2), the
    covariance of its principal scores with y.
    """

    variances: np.ndarray
    directions: np.ndarray
    mean_variance: float
    cross: np.ndarray

    def weights(self, reg: float) -> np.ndarray:
        """Return W (d1, d2) of min ½‖x W - y‖² + ½ p λ ‖W‖², λ = `reg` times the mean variance of a column."""
        return self.directions @ self.shrunk(reg)

    def shrunk(self, reg: float) -> np.ndarray:
        """Return the rows (r, d2) of W along the principal axes."""
        return self.cross / (self.variances + reg * self.mean_variance)[:, None]


def regression(x: Rows, y: Rows) -> Regression:
    """Decompose centred rows x (p, d1) for the regression of centred y (p, d2): the smaller of d1 x d1 and p x p."""
    variances, directions = principal(x)
    mean_variance = float(variances.sum()) / x.shape[1]
    return Regression(variances, directions, mean_variance, directions.T @ product(x, y) / len(x))


def regressions_onto(target: str, examples: Examples) -> tuple[dict[str, Regression], np.ndarray | None] | None:
    """Return the regressions of the other modalities on `target`, and the target's own map (d, k), None: unchanged.

    Of few and very wide rows of the target only the span is kept. None if fewer than two items have both modalities.
    """
    found, own = {}, examples.rows[target]
    span = span_basis(own) if is_wide(own) else None
    for m, rows in examples.rows.items():
        both = examples.present[m] & examples.present[target]
        if m == target:
            continue
        if both.sum() < 2:
            return None
        into = taken(own, both)
        found[m] = regression(taken(rows, both), into if span is None else held(into) @ span)
    return found, span


def search_regression(
    examples: Examples,
    targets: Sequence[str],
    regs: Sequence[float],
    *,
    seed: int = 0,
    tried: Callable[[float, Mapping[str, float]], None] = lambda reg, quality: None,
) -> tuple[str, float] | None:
    """Return the target and the penalty with the highest mean reciprocal rank on held-out pairs.

    `tried` is called with each penalty and the quality by target. Several splits are averaged as for CCA. None if no
    held-out pair can be ranked, or if all settings rank them alike. Raises ValueError if the examples have no pairs.
    """
    ranked = [_qualities(examples, split, targets, regs) for split in choice_splits(examples.pairs, seed)]
    known = [quality for quality in ranked if quality is not None]
    if not known:
        return None
    quality = np.mean(known, axis=0)
    for reg, column in zip(regs, quality.T):
        tried(reg, dict(zip(targets, column.tolist())))
    if np.ptp(quality) == 0:
        return None
    target, reg = np.unravel_index(quality.argmax(), quality.shape)
    return targets[int(target)], regs[int(reg)]


def _qualities(examples: Examples, split: Holdout, targets: Sequence[str], regs: Sequence[float]) -> np.ndarray | None:
    """Return mean reciprocal ranks (targets, regs) on the held-out pairs of this split, or None."""
    places = example_numbers(split.held)
    kept = examples.take(example_numbers(split.kept))
    rows = {m: held(taken(x, places)) for m, x in examples.rows.items()}
    found = np.zeros((len(targets), len(regs)))
    for i, target in enumerate(targets):
        onto = regressions_onto(target, kept)
        if onto is None:
            continue
        maps, span = onto
        scores = {m: rows[m] @ each.directions for m, each in maps.items()}
        own = rows[target] if span is None else rows[target] @ span
        for j, reg in enumerate(regs):
            placed = {m: scores[m] @ each.shrunk(reg) for m, each in maps.items()}
            quality = mean_reciprocal_rank({target: own, **placed}, split.held)
            if quality is None:
                return None
            found[i, j] = quality
    return found
