"""Counterfactual ranks: the rank of an item when a modality, an item of the history or a signal is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.controls import NO_CONTROLS, Controls
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import PlacedQuery

MOST = 50
"""Largest number of history items left out in turn: those of the greatest shares. Our choice: each costs a ranking."""
TIE = 1e-6
"""Relative difference up to which scores count as equal: ten times the error of single precision."""

Changes = Mapping[str, Mapping[str, PlacedQuery]]


def knockouts(
    recommender: Recommender,
    items: PlacedItems,
    query: PlacedQuery,
    rows: Sequence[int] | np.ndarray,
    controls: Controls = NO_CONTROLS,
    most: int = MOST,
) -> dict[str, dict[str, np.ndarray]]:
    """Return kind -> label -> (r,): new ranks from 1 of the items `rows` when that part is left out.

    Kinds: "modality" (the other weights are scaled to sum to 1), "history" (label: the item's id), "signal", and
    "nothing" -> "" for the unchanged ranks. A kind is omitted if the recommender does not read it, or if the query
    would be empty. Ranks are among the items that may be recommended. Ties count against the item: 1 + the number of
    others with at least the same score. Diversity is not applied. An excluded item of the history stays excluded.
    """
    query = query.weighted(tuple(items.parts))
    changes = changed_queries(recommender, items, query, np.asarray(rows), most)
    usable = controls.usable(len(items.ids))
    flat = [(kind, label, other) for kind, by_label in changes.items() for label, other in by_label.items()]
    scores = recommender.score([other for _, _, other in flat])
    found: dict[str, dict[str, np.ndarray]] = {}
    for (kind, label, _), row in zip(flat, scores):
        total = row + controls.favour(row)
        found.setdefault(kind, {})[label] = ranks_of(total, np.asarray(rows), usable)
    return found


def changed_queries(
    recommender: Recommender, items: PlacedItems, query: PlacedQuery, rows: np.ndarray, most: int = MOST
) -> Changes:
    """Return kind -> label -> the query without that part. The unchanged query is "nothing" -> ""."""
    found: dict[str, dict[str, PlacedQuery]] = {"nothing": {"": query}}
    asked_with = [m for m, weight in query.weights.items() if weight]
    if "modality" in recommender.views and len(asked_with) > 1:
        found["modality"] = {m: query.without_modality(m) for m in asked_with}
    signals = query.signals if recommender.reads_signals else ()
    if query.history and len(query.history) + len(signals) > 1 and "history" in recommender.views:
        strongest = _strongest(recommender, items, query, rows, most)
        found["history"] = {items.ids[row]: query.without_item(row) for row in strongest}
    if signals and len(query.history) + len(signals) > 1:
        found["signal"] = {signal.label: query.without_signal(i) for i, signal in enumerate(signals)}
    return found


def ranks_of(scores: np.ndarray, rows: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return (r,) ranks from 1 of the items `rows` among the usable (n,): 1 + others with at least the same score."""
    known = np.sort(scores[usable])
    own = scores[rows]
    slack = TIE * max(float(np.abs(known).max()), 1e-12) if len(known) else 0.0
    as_high = len(known) - np.searchsorted(known, own - slack, side="left")
    return 1 + as_high - usable[rows]


def _strongest(
    recommender: Recommender, items: PlacedItems, query: PlacedQuery, rows: np.ndarray, most: int
) -> list[int]:
    if len(query.history) <= most:
        return list(query.history)
    shares = recommender.shares(query, rows, "history")
    size: Callable[[int], float] = lambda row: float(np.abs(shares.get(items.ids[row], np.zeros(1))).sum())  # noqa: E731
    return sorted(query.history, key=lambda row: (-size(row), row))[:most]
