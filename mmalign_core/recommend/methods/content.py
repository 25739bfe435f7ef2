"""Content recommendation: items near a query in the shared space, with exact shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.recommend.base import Recommender, SumsOverPlaces, register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems, scale_weights
from mmalign_core.recommend.query import HISTORY, PlacedQuery, Signal
from mmalign_core.recommend.standard_scores import moments, reliability
from mmalign_core.types import BadInput, Progress
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say

AT_ONCE = 1 << 22
"""Scores computed at a time beside the result: 16 MB of single precision. Our choice."""
TIGHT = 0.03
"""Spread of cosines below which those of a single query are computed in double precision, so that shares sum exactly.
At this spread, single precision's error of 1e-7 is 3e-6 of a standard deviation."""
KEPT = 24
"""Points whose cosines with all items are cached, so that new weights of a query need no new cosines: eight parts in
three modalities, the largest query of the dashboard."""


@dataclass(frozen=True)
class Near:
    """Cosines (n,) of a point (k,) with all items in a modality, 0 for items without it, with their mean and spread.

    `cosines` is None where the mean and the spread are known without them; see `PlacedItems.cosine_moments`.
    """

    point: np.ndarray
    cosines: np.ndarray | None
    mean: float
    spread: float


@register("content")
class Content(Recommender, SumsOverPlaces):
    """Score of an item: Σ_s a_s Σ_m w_m r_ms z_ms, over signals s and modalities m; the w_m sum to 1.

    z_ms is how many standard deviations the cosine of signal and item in modality m lies above its mean over the items
    that have m. Raw cosines of texts and of sounds with the same query differ in size and spread, so they cannot be
    compared; standardised ones can. r_ms is the reliability of m for signals of s's modality, with mean 1; see
    `reliability`. A modality that an item lacks adds 0. A history is one signal: the mean place of its items in each
    modality, with a_s the largest of their weights and r_ms 1.
    """

    summary = say("Items near to the query in the shared space, each modality in its own standard deviations")
    reads_places = True
    reads_signals = True
    standardised = True
    views = ("modality", "signal", "history")

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Keep the items. Nothing is learned."""
        self._items = items
        self._kept: dict[tuple[str, bytes], Near] = {}
        self._reliable: dict[str, Mapping[str, float]] = {}

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n): the sum of each query's terms. A batch is one matrix product per modality and signal kind."""
        n = len(self._items.ids)
        if len(queries) == 1:
            terms = (scale * self._z(m, near) for _, m, scale, near in self._terms(queries[0]))
            return sum(terms, np.zeros(n))[None]
        found = np.zeros((len(queries), n))
        step = max(1, AT_ONCE // max(n, 1))
        for start in range(0, len(queries), step):
            self._add(found[start : start + step], queries[start : start + step])
        return found

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return shares by modality, by signal (the history is one), or by item of the history and signal."""
        found = {m: np.zeros(len(rows)) for m in self._items.parts} if view in ("", "modality") else {}
        for signal, m, scale, near in self._terms(query):
            if view == "history" and signal is None:
                terms = self._by_item(query, rows, m, scale, near)
            else:
                whole = m if view not in ("signal", "history") else signal.label if signal else HISTORY
                terms = {whole: scale * self._z(m, near, rows)}
            for label, values in terms.items():
                found[label] = found.get(label, 0.0) + values
        return found

    def directions(self, query: PlacedQuery) -> Mapping[str, tuple[np.ndarray, float]]:
        """Return modality -> direction and offset: a term's score is a cosine, less the mean, over the spread."""
        found: dict[str, tuple[np.ndarray, float]] = {}
        for _, m, scale, near in self._terms(query):
            direction, offset = found.get(m, (np.zeros(len(near.point)), 0.0))
            step = scale / near.spread
            found[m] = direction + step * near.point.astype(np.float64), offset + step * near.mean
        return found

    def _terms(self, query: PlacedQuery) -> Iterator[tuple[Signal | None, str, float, Near]]:
        """Yield every signal (None: the history) and modality with a factor other than 0, the factor, and `Near`."""
        profile = self._items.profile(query.history) if query.history else {}
        chosen = [(signal, signal) for signal in query.signals]
        chosen += [(None, Signal(HISTORY, profile, history_weight(query)))] if profile else []
        for m, weight in self._weights(query).items():
            for signal, what in chosen:
                if weight and what.weight and m in what.points:
                    yield signal, m, self._counts(what, m) * weight, self._near(m, self._unit(what, m))

    def _near(self, m: str, point: np.ndarray) -> Near:
        key = (m, point.tobytes())
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept = {}
            known = self._items.cosine_moments(m, point)
            if known is not None:
                self._kept[key] = Near(point, None, *known)
                return self._kept[key]
            cosines, present = self._items.parts[m] @ point, self._items.present(m)
            mean, spread = moments(cosines[None], present, 1.0)
            if spread[0] < TIGHT:
                cosines = np.einsum("ij,j->i", self._items.parts[m], point, dtype=np.float64)
                mean, spread = moments(cosines[None], present, 1.0)
            self._kept[key] = Near(point, cosines, float(mean[0]), float(spread[0]))
        return self._kept[key]

    def _z(self, m: str, near: Near, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return (r,) float64: cosines in standard deviations above the mean, 0 for items without the modality."""
        if near.cosines is not None:
            cosines = near.cosines[rows].astype(np.float64)
        else:
            cosines = np.einsum("ij,j->i", self._items.parts[m][rows], near.point, dtype=np.float64)
        centred = cosines - near.mean
        return np.where(self._items.present(m)[rows], centred, 0.0) / near.spread

    def _by_item(self, query: PlacedQuery, rows: np.ndarray, m: str, scale: float, near: Near) -> dict[str, np.ndarray]:
        """Return the shares of the items of the history. The cosine of a mean of places is a sum over the places.

        The rounding error of the score is spread evenly over the shares, so that they sum to it for all weights.
        """
        places = self._items.profile_parts(query.history)[m].astype(np.float64)
        length = np.linalg.norm(places.sum(axis=0))
        if not length:
            return {}
        present = self._items.present(m)[rows, None]
        centred = np.where(present, self._items.parts[m][rows] - self._items.mean(m), 0.0) @ (places.T / length)
        parts = centred / near.spread
        parts += (self._z(m, near, rows) - parts.sum(axis=1))[:, None] / len(places)
        return {self._items.ids[row]: scale * values for row, values in zip(query.history, parts.T)}

    def _add(self, scores: np.ndarray, queries: Sequence[PlacedQuery]) -> None:
        """Add the scores of these queries to `scores` (q, n)."""
        weights = [self._weights(query) for query in queries]
        for m, part in self._items.parts.items():
            for numbers, points, scale in self._points(queries, m):
                scale = scale * np.array([weights[i][m] for i in numbers])
                cosines = points @ part.T
                present = self._items.present(m)
                mean, spread = moments(cosines, present, 1.0)
                scores[numbers] += cosines * (scale / spread)[:, None]
                scores[numbers] -= (scale * mean / spread)[:, None] * present

    def _points(self, queries: Sequence[PlacedQuery], m: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield query numbers (a,), unit points (a, k_m) and weights (a,): of histories, then of first signals, …"""
        numbers = np.array([i for i, query in enumerate(queries) if query.history], np.int64)
        if len(numbers):
            profiles = self._items.profiles([queries[i].history for i in numbers], m)
            yield numbers, unit_rows(profiles), np.array([history_weight(queries[i]) for i in numbers])
        for place in range(max((len(query.signals) for query in queries), default=0)):
            some = [(i, query.signals[place]) for i, query in enumerate(queries) if len(query.signals) > place]
            some = [(i, signal) for i, signal in some if m in signal.points]
            if some:
                points = np.stack([self._unit(signal, m) for _, signal in some])
                yield np.array([i for i, _ in some]), points, np.array([self._counts(signal, m) for _, signal in some])

    def _counts(self, signal: Signal, m: str) -> float:
        """Return the signal's weight times the modality's reliability for it."""
        source = signal.modality
        if source not in self._reliable:
            self._reliable[source] = reliability(self._items, source)
        return signal.weight * self._reliable[source][m]

    def _unit(self, signal: Signal, m: str) -> np.ndarray:
        point, width = np.asarray(signal.points[m], np.float32), self._items.parts[m].shape[1]
        if point.shape != (width,):
            raise BadInput(
                say(
                    "the {modality} point of '{label}' has shape {shape}, not ({width},); align it first",
                    modality=m,
                    label=signal.label,
                    shape=point.shape,
                    width=width,
                )
            )
        return unit_rows(point[None])[0]

    def _weights(self, query: PlacedQuery) -> Mapping[str, float]:
        """Return the weights scaled to sum to 1, or all 0 if none of the given modalities is left."""
        given = {m: query.weights.get(m, 0.0) for m in self._items.parts}
        return given if query.weights and not any(given.values()) else scale_weights(query.weights, tuple(given))


def history_weight(query: PlacedQuery) -> float:
    """Return the weight of the history beside signals."""
    return max(map(abs, query.history.values()), default=0.0)
