"""Exact maps: what each step adds to the cosine of a pooled linear head, and each component to a dot product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.types import BadInput


def exact_map(
    steps: np.ndarray, centre: np.ndarray, linear: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, float, float]:
    """(values (t,), rest, score) of cos((weights @ steps - centre) @ linear, target): values and rest sum to score.

    `steps` (t, d): map cells or frames before pooling; `centre` (d,); `linear` (d, k); `target` (k,) of any length;
    `weights` (t,): how they are pooled, 1/t each if not given. Step j adds (w_j step_j @ linear) · target over both
    lengths, `rest` is what the centre takes away. The length of the place is taken as it is: the values say what the
    cosine is made of, not what it would be without a step. A place or target of length zero scores 0. An encoder that
    scales its pooled vector to unit length first is met by scaling `steps` by that same number.
    """
    steps, centre, linear, target = (np.asarray(a, dtype=np.float64) for a in (steps, centre, linear, target))
    weights = np.full(len(steps), 1 / max(len(steps), 1)) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(steps, centre, linear, target, weights)
    place = (weights @ steps - centre) @ linear
    length = float(np.linalg.norm(place) * np.linalg.norm(target))
    if not length > 0:
        return np.zeros(len(steps)), 0.0, 0.0
    along = linear @ target / length
    values, score = weights * (steps @ along), float(place @ target) / length
    # It is -centre @ along; by difference the sum stays true where a short place makes all of them large.
    return values, score - float(values.sum()), score


@dataclass(frozen=True)
class Shares:
    """Parts of a dot product: (component, what it adds), largest magnitude first; with `rest` they sum to `score`."""

    parts: tuple[tuple[int, float], ...]
    rest: float
    score: float


def components(u: np.ndarray, v: np.ndarray, most: int = 8, weights: np.ndarray | None = None) -> Shares:
    """The `most` components that add most, up or down, to Σₖ wₖ uₖ vₖ.

    `u`, `v` (k,): two places. With `weights` the correlations this is the weighted canonical similarity; where a place
    holds similarities to anchors (relative representations, ASIF: Norelli et al. 2023) component k is the kth anchor
    pair. Components that add nothing are left out.
    """
    u, v = np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64)
    added = u * v if weights is None else u * v * np.asarray(weights, dtype=np.float64)
    if added.ndim != 1 or not np.isfinite(added).all():
        raise BadInput(f"places of shape {u.shape} and {v.shape} cannot be compared: give two finite vectors")
    chosen = [int(k) for k in np.argsort(-np.abs(added), kind="stable")[: max(most, 0)] if added[k]]
    score = float(added.sum())
    return Shares(tuple((k, float(added[k])) for k in chosen), score - float(added[chosen].sum()), score)


def _check(steps: np.ndarray, centre: np.ndarray, linear: np.ndarray, target: np.ndarray, weights: np.ndarray) -> None:
    shapes = steps.shape, centre.shape, linear.shape, target.shape, weights.shape
    if steps.ndim != 2 or shapes[1:] != (
        steps.shape[1:],
        (*steps.shape[1:], *target.shape),
        target.shape,
        (len(steps),),
    ):
        raise BadInput(f"steps, centre, linear, target and weights do not fit together: their shapes are {shapes}")
    if not all(np.isfinite(a).all() for a in (steps, centre, linear, target, weights)):
        raise BadInput("steps, centre, linear, target or weights hold NaN or infinity, so no map can be drawn")
