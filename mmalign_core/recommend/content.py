"""Content recommendation: items near a query in the shared space, with exact shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from mmalign_core.recommend.base import Recommender, register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems, scale_weights
from mmalign_core.recommend.query import Query, Signal
from mmalign_core.types import Progress, no_progress
from mmalign_core.vectors import unit_rows

HISTORY = "history"
"""Label of the signal that a query's history makes."""


@register("content")
class Content(Recommender):
    """Score of an item: Σ_s a_s Σ_m w_m z_ms, over signals s and modalities m; the w_m sum to 1.

    z_ms is how many standard deviations the cosine of signal and item in modality m lies above its mean over the items
    that have m. Cosines of texts and of sounds with the same query differ in size and spread, so they are not
    comparable as they are; late fusion of standardised scores is. A modality an item lacks adds 0. A history is one
    signal: the mean place of its items.
    """

    summary = "Items whose text, picture and sound stand out as near to the query, each modality on its own scale"
    reads_places = True
    reads_signals = True
    views = ("modality", "signal", "history")

    def fit(
        self,
        items: PlacedItems,
        interactions: Interactions | None = None,
        *,
        seed: int = 0,
        progress: Progress = no_progress,
    ) -> Self:
        """Keep the items; there is nothing to learn."""
        self._items = items
        return self

    def score(self, queries: Sequence[Query]) -> np.ndarray:
        """(q, n): each query's terms added up."""
        return np.stack([sum(self._by_modality(query).values(), np.zeros(len(self._items.ids))) for query in queries])

    def shares(self, query: Query, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """By modality, by signal (the history being one), or by item of the history and signal."""
        whole = {"signal": self._by_signal, "history": self._by_item}.get(view, self._by_modality)(query)
        return {label: values[rows] for label, values in whole.items()}

    def _by_modality(self, query: Query) -> dict[str, np.ndarray]:
        terms = {m: np.zeros(len(self._items.ids)) for m in self._items.parts}
        for signal in self._signals(query):
            for m, values in self._terms(signal, query).items():
                terms[m] += values
        return terms

    def _by_signal(self, query: Query) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for signal in self._signals(query):
            total = sum(self._terms(signal, query).values(), np.zeros(len(self._items.ids)))
            found[signal.label] = found.get(signal.label, 0) + total
        return found

    def _by_item(self, query: Query) -> dict[str, np.ndarray]:
        """A mean of places is a sum over them, and so is its cosine, less its mean, in units of its deviation."""
        shares = self._by_signal(Query(query.signals, weights=query.weights)) if query.signals else {}
        weights = self._weights(query)
        for m, parts in (self._items.profile_parts(query.history) if query.history else {}).items():
            length = max(float(np.linalg.norm(parts.sum(axis=0))), 1e-12)
            near = self._items.parts[m] @ (parts.T / length)
            whole = near.sum(axis=1)
            for row, values in zip(query.history, near.T):
                share = weights[m] * _standardised(values, self._items.present(m), whole)
                shares[self._items.ids[row]] = shares.get(self._items.ids[row], 0) + share
        return shares

    def _signals(self, query: Query) -> tuple[Signal, ...]:
        if not query.history:
            return query.signals
        return (*query.signals, Signal(HISTORY, self._items.profile(query.history)))

    def _terms(self, signal: Signal, query: Query) -> dict[str, np.ndarray]:
        """Modality -> (n,) weighted standardised cosines."""
        found = {}
        for m, weight in self._weights(query).items():
            if weight and m in signal.points:
                near = self._items.parts[m] @ unit_rows(np.asarray(signal.points[m], np.float32)[None])[0]
                found[m] = signal.weight * weight * _standardised(near, self._items.present(m), near)
        return found

    def _weights(self, query: Query) -> Mapping[str, float]:
        return scale_weights(query.weights or None, tuple(self._items.parts))


def _standardised(values: np.ndarray, present: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """(n,) float64: values less their mean, in standard deviations of `whole`, over the present; 0 where absent."""
    known = whole[present].astype(np.float64)
    spread = known.std() if len(known) else 0.0
    scores = np.zeros(len(values))
    if spread > 1e-7:
        own = values[present].astype(np.float64)
        scores[present] = (own - own.mean()) / spread
    return scores
