"""How a recommender's score of an item grows with the cosine between its media and what was asked with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.recommend import PlacedQuery as Asked
from mmalign_core.recommend import Recommender, Signal
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import HISTORY

TINY = 1e-9
EXACT = 1e-4
"""Share of the scores' spread that a straight line may miss them by."""


@dataclass(frozen=True)
class Pull:
    """In `modality`, what is asked with `label` (None: the history) has the unit `point` (k,), and an item's score has
    the term slope * cosine(place, point) + offset."""

    label: str | None
    modality: str
    point: np.ndarray
    slope: float
    offset: float


def pulls(model: Recommender, items: PlacedItems, asked: Asked) -> tuple[Pull, ...]:
    """Every such term of this query: found by asking with each signal and modality alone, then brought to what the
    signal adds to the scores of the whole query.

    What is no straight line over the cosines is left out: the recommender then does something else with places.
    """
    found: list[Pull] = []
    for signal in (*asked.signals, None) if asked.history else asked.signals:
        points = items.profile(asked.history) if signal is None else signal.points
        own = []
        for modality, weight in asked.weights.items():
            if weight and modality in points and np.any(points[modality]):
                point = points[modality] / np.linalg.norm(points[modality])
                line = _line(model, items, _alone(asked, signal, modality), modality, point)
                if line is not None:
                    label = None if signal is None else signal.label
                    own.append(Pull(label, modality, point, weight * line[0], weight * line[1]))
        found += _as_in_whole(model, items, asked, own)
    return tuple(found)


def _as_in_whole(model: Recommender, items: PlacedItems, asked: Asked, own: list[Pull]) -> list[Pull]:
    """One signal's pulls scaled so that together they are its share of the whole query's scores; none where they
    cannot be."""
    if not own or "signal" not in model.views:
        return []
    alone = np.sum([_added(items, pull) for pull in own], axis=0)
    whole = model.shares(asked, np.arange(len(items.ids)), "signal").get(own[0].label or HISTORY)
    if whole is None or np.ptp(alone) < TINY:
        return own if whole is not None and np.ptp(whole) < TINY else []
    factor, shift = np.polyfit(alone, whole, 1)
    if np.abs(whole - factor * alone - shift).max() > EXACT * max(np.ptp(whole), TINY):
        return []
    return [replace(p, slope=factor * p.slope, offset=factor * p.offset + shift / len(own)) for p in own]


def _added(items: PlacedItems, pull: Pull) -> np.ndarray:
    """(n,) what it adds to each item's score."""
    cosines = items.parts[pull.modality].astype(np.float64) @ pull.point
    return np.where(items.present(pull.modality), pull.slope * cosines + pull.offset, 0.0)


def _alone(asked: Asked, signal: Signal | None, modality: str) -> Asked:
    """The query with one signal, or the history, in one modality."""
    if signal is None:
        return replace(asked, signals=(), weights={modality: 1.0}, user=None)
    return replace(asked, signals=(signal,), history={}, weights={modality: 1.0}, user=None)


def _line(
    model: Recommender, items: PlacedItems, asked: Asked, modality: str, point: np.ndarray
) -> tuple[float, float] | None:
    """Slope and offset of the scores over the cosines of items that have the modality; None where they are no line."""
    present = items.present(modality)
    cosines = items.parts[modality][present].astype(np.float64) @ point
    scores = model.score([asked])[0][present]
    if not len(cosines) or np.ptp(cosines) < TINY:
        return 0.0, float(scores.mean()) if len(scores) else 0.0
    slope, offset = np.polyfit(cosines, scores, 1)
    missed = np.abs(scores - slope * cosines - offset).max()
    return (float(slope), float(offset)) if missed <= EXACT * max(np.ptp(scores), TINY) else None
