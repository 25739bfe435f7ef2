"""Linear terms of a score: steps of a pooled linear head, components of a dot product, cosines of a recommender."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.recommend import PlacedQuery, Recommender, Signal
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import HISTORY
from mmalign_core.types import BadInput
from mmalign_core.wording import say

TINY = 1e-9
"""Spread below which cosines or scores count as equal: far above the rounding of float64, far below any use."""
EXACT = 1e-4
"""Largest error of a linear fit, relative to the scores' spread. float32 scores on a line have an error near 1e-6."""


def exact_map(
    steps: np.ndarray, centre: np.ndarray, linear: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, float, float]:
    """Return (values (t,), rest, score) of cos((weights @ steps - centre) @ linear, target); values + rest = score.

    `steps` (t, d): map cells or frames before pooling. `centre` (d,). `linear` (d, k). `target` (k,) of any length.
    `weights` (t,): of the pooling, 1/t each by default. The value of step j is (w_j step_j @ linear) · target divided
    by both lengths, and `rest` is the term of the centre. The length of the place is treated as constant: the values
    are shares of the cosine, not its changes when a step is removed. A place or target of length zero scores 0. If the
    encoder scales its pooled vector to unit length, scale `steps` by the same number. BadInput if shapes do not match
    or a number is not finite.
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
    # It equals -centre @ along; as a difference the sum stays exact even if a short place makes all terms large.
    return values, score - float(values.sum()), score


@dataclass(frozen=True)
class Shares:
    """Terms of a dot product: (component, value), largest magnitude first. With `rest` they sum to `score`."""

    parts: tuple[tuple[int, float], ...]
    rest: float
    score: float


def components(u: np.ndarray, v: np.ndarray, most: int = 8, weights: np.ndarray | None = None) -> Shares:
    """Return the `most` components with the largest terms, by magnitude, of Σₖ wₖ uₖ vₖ.

    `u`, `v` (k,): two places. With the correlations as `weights` this is the weighted canonical similarity. If a place
    holds similarities to anchors (relative representations, ASIF: Norelli et al. 2023), component k is the kth anchor
    pair. Components with a term of 0 are left out.
    """
    u, v = np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64)
    added = u * v if weights is None else u * v * np.asarray(weights, dtype=np.float64)
    if added.ndim != 1 or not np.isfinite(added).all():
        raise BadInput(
            say(
                "places of shape {first} and {second} cannot be compared: give two finite vectors",
                first=u.shape,
                second=v.shape,
            )
        )
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
        raise BadInput(
            say(
                "steps, centre, linear, target and weights do not fit together: their shapes are {shapes}",
                shapes=shapes,
            )
        )
    if not all(np.isfinite(a).all() for a in (steps, centre, linear, target, weights)):
        raise BadInput(say("steps, centre, linear, target or weights hold NaN or infinity, so no map can be drawn"))


@dataclass(frozen=True)
class LinearTerm:
    """One term of a recommender's score of an item: slope * cosine(place, point) + offset.

    `place`: the item's, in `modality`. `point` (k,): the unit vector of the query's signal `label`, or of the
    history's mean if `label` is None.
    """

    label: str | None
    modality: str
    point: np.ndarray
    slope: float
    offset: float


def linear_terms(model: Recommender, items: PlacedItems, query: PlacedQuery) -> tuple[LinearTerm, ...]:
    """Return all terms of the scores of this query that are linear in a cosine.

    The recommender scores each signal in each modality alone. A line is fitted to the scores over the cosines, and the
    lines of a signal are scaled to the signal's share in the scores of the whole query. A signal without a linear fit
    has no term: the recommender then uses places in another way.
    """
    found: list[LinearTerm] = []
    for signal in (*query.signals, None) if query.history else query.signals:
        points = items.profile(query.history) if signal is None else signal.points
        own = []
        for modality, weight in query.weights.items():
            if weight and modality in points and np.any(points[modality]):
                point = points[modality] / np.linalg.norm(points[modality])
                line = _line(model, items, _alone(query, signal, modality), modality, point)
                if line is not None:
                    label = None if signal is None else signal.label
                    own.append(LinearTerm(label, modality, point, weight * line[0], weight * line[1]))
        found += _scaled_to_share(model, items, query, own)
    return tuple(found)


def _scaled_to_share(
    model: Recommender, items: PlacedItems, query: PlacedQuery, own: list[LinearTerm]
) -> list[LinearTerm]:
    """Return one signal's terms, scaled so that they sum to its share of the query's scores, or [] if no scale fits."""
    if not own or "signal" not in model.views:
        return []
    alone = np.sum([_added(items, term) for term in own], axis=0)
    whole = model.shares(query, np.arange(len(items.ids)), "signal").get(own[0].label or HISTORY)
    if whole is None or np.ptp(alone) < TINY:
        return own if whole is not None and np.ptp(whole) < TINY else []
    factor, shift = np.polyfit(alone, whole, 1)
    if np.abs(whole - factor * alone - shift).max() > EXACT * max(np.ptp(whole), TINY):
        return []
    return [replace(t, slope=factor * t.slope, offset=factor * t.offset + shift / len(own)) for t in own]


def _added(items: PlacedItems, term: LinearTerm) -> np.ndarray:
    """Return (n,): the term of each item's score."""
    cosines = items.parts[term.modality].astype(np.float64) @ term.point
    return np.where(items.present(term.modality), term.slope * cosines + term.offset, 0.0)


def _alone(query: PlacedQuery, signal: Signal | None, modality: str) -> PlacedQuery:
    """Return the query with one signal, or with the history alone, in one modality."""
    if signal is None:
        return replace(query, signals=(), weights={modality: 1.0}, user=None)
    return replace(query, signals=(signal,), history={}, weights={modality: 1.0}, user=None)


def _line(
    model: Recommender, items: PlacedItems, query: PlacedQuery, modality: str, point: np.ndarray
) -> tuple[float, float] | None:
    """Return slope and offset of the scores over the cosines of items with the modality, or None if not linear."""
    present = items.present(modality)
    cosines = items.parts[modality][present].astype(np.float64) @ point
    scores = model.score([query])[0][present]
    if not len(cosines) or np.ptp(cosines) < TINY:
        return 0.0, float(scores.mean()) if len(scores) else 0.0
    slope, offset = np.polyfit(cosines, scores, 1)
    missed = np.abs(scores - slope * cosines - offset).max()
    return (float(slope), float(offset)) if missed <= EXACT * max(np.ptp(scores), TINY) else None
