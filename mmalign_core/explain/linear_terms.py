"""Linear terms of a score: steps of a pooled linear head, components of a dot product, cosines of a recommender."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.recommend import PlacedQuery, Recommender, Signal
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import HISTORY
from mmalign_core.types import BadInput

TINY = 1e-9
"""Spread of cosines or scores below which they count as equal: far above the rounding of float64, far below any use."""
EXACT = 1e-4
"""Share of the scores' spread that a straight line may miss them by. float32 scores of a line miss it by about 1e-6."""


def exact_map(
    steps: np.ndarray, centre: np.ndarray, linear: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, float, float]:
    """(values (t,), rest, score) of cos((weights @ steps - centre) @ linear, target): values and rest sum to score.

    `steps` (t, d): map cells or frames before pooling; `centre` (d,); `linear` (d, k); `target` (k,) of any length;
    `weights` (t,): how they are pooled, 1/t each if not given. Step j adds (w_j step_j @ linear) · target over both
    lengths, `rest` is what the centre takes away. The length of the place is a constant here: the values say what the
    cosine is made of, not what it would be without a step. A place or target of length zero scores 0. For an encoder
    that scales its pooled vector to unit length, give `steps` scaled by the same number. BadInput where the shapes do
    not fit together or a number is not finite.
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


@dataclass(frozen=True)
class LinearTerm:
    """One term of a recommender's score of an item: slope * cosine(place, point) + offset.

    `place` is the item's in `modality`; `point` (k,) is the unit vector of the query's signal `label`, or of the
    history's mean where `label` is None.
    """

    label: str | None
    modality: str
    point: np.ndarray
    slope: float
    offset: float


def linear_terms(model: Recommender, items: PlacedItems, query: PlacedQuery) -> tuple[LinearTerm, ...]:
    """All terms of the scores of this query that are linear in a cosine.

    The recommender scores each signal in each modality alone. A straight line is fitted to the scores over the cosines,
    and the lines of a signal are scaled to the signal's share in the scores of the whole query. A signal whose scores
    are no straight line over the cosines has no term: the recommender then uses places in another way.
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
    """One signal's terms, scaled so that their sum is its share of the whole query's scores; [] where no scale fits."""
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
    """(n,) what the term adds to each item's score."""
    cosines = items.parts[term.modality].astype(np.float64) @ term.point
    return np.where(items.present(term.modality), term.slope * cosines + term.offset, 0.0)


def _alone(query: PlacedQuery, signal: Signal | None, modality: str) -> PlacedQuery:
    """The query with one signal, or with the history alone, in one modality."""
    if signal is None:
        return replace(query, signals=(), weights={modality: 1.0}, user=None)
    return replace(query, signals=(signal,), history={}, weights={modality: 1.0}, user=None)


def _line(
    model: Recommender, items: PlacedItems, query: PlacedQuery, modality: str, point: np.ndarray
) -> tuple[float, float] | None:
    """Slope and offset of the scores over the cosines of items that have the modality; None where no line fits."""
    present = items.present(modality)
    cosines = items.parts[modality][present].astype(np.float64) @ point
    scores = model.score([query])[0][present]
    if not len(cosines) or np.ptp(cosines) < TINY:
        return 0.0, float(scores.mean()) if len(scores) else 0.0
    slope, offset = np.polyfit(cosines, scores, 1)
    missed = np.abs(scores - slope * cosines - offset).max()
    return (float(slope), float(offset)) if missed <= EXACT * max(np.ptp(scores), TINY) else None
