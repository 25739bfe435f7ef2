"""Counterfactual ranks: where an item stands when a modality, an item of the history or a signal is left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.controls.long_tail import popularity_term
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import Query
from mmalign_core.recommend.ranking import recommendable

MOST = 50
"""Items of the history that are left out in turn: those with the greatest shares, in either direction."""
TIE = 1e-6
"""Scores that differ by less, as a part of the largest, are equal: rounding must not help either."""

Changes = Mapping[str, Mapping[str, Query]]


def knockouts(
    recommender: Recommender,
    items: PlacedItems,
    query: Query,
    rows: Sequence[int] | np.ndarray,
    *,
    exclude: Collection[int] = (),
    allowed: np.ndarray | None = None,
    popularity: float = 0.0,
    met: np.ndarray | None = None,
    most: int = MOST,
) -> dict[str, dict[str, np.ndarray]]:
    """Kind -> label -> (r,) rank from 1 of each of the items `rows` without that; exact, each ranking done anew.

    Kinds: "modality" (the other weights grow to sum to 1), "history" (label: the item's id), "signal"; and
    "nothing" -> "" for the ranks as they are. A kind is left out where the recommender does not read it or nothing
    would be left to ask with. Ranks are among the recommendable items, and a tie never helps: 1 + how many others
    score at least as high. An item of the history stays excluded where it was.
    """
    query = query.weighted(tuple(items.parts))
    changes = changed(recommender, items, query, np.asarray(rows), most)
    usable = recommendable(len(items.ids), exclude, allowed)
    flat = [(kind, label, asked) for kind, by_label in changes.items() for label, asked in by_label.items()]
    scores = recommender.score([asked for _, _, asked in flat])
    found: dict[str, dict[str, np.ndarray]] = {}
    for (kind, label, _), row in zip(flat, scores):
        total = row + popularity_term(row, usable, popularity, met)
        found.setdefault(kind, {})[label] = ranks_of(total, np.asarray(rows), usable)
    return found


def changed(recommender: Recommender, items: PlacedItems, query: Query, rows: np.ndarray, most: int = MOST) -> Changes:
    """Kind -> label -> the question without that; the question itself is "nothing" -> ""."""
    found: dict[str, dict[str, Query]] = {"nothing": {"": query}}
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
    """(r,) ranks from 1 of the items `rows` among the usable (n,): 1 + others that score as high or higher."""
    known = np.sort(scores[usable])
    own = scores[rows]
    slack = TIE * max(float(np.abs(known).max()), 1e-12) if len(known) else 0.0
    as_high = len(known) - np.searchsorted(known, own - slack, side="left")
    return 1 + as_high - usable[rows]


def _strongest(recommender: Recommender, items: PlacedItems, query: Query, rows: np.ndarray, most: int) -> list[int]:
    if len(query.history) <= most:
        return list(query.history)
    shares = recommender.shares(query, rows, "history")
    size: Callable[[int], float] = lambda row: float(np.abs(shares.get(items.ids[row], np.zeros(1))).sum())  # noqa: E731
    return sorted(query.history, key=lambda row: (-size(row), row))[:most]
