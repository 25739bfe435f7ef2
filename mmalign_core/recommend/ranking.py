"""The best items of a scored query, as recommendations with their shares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.controls import (
    ALIKE,
    NO_CONTROLS,
    POPULARITY,
    Controls,
    above,
    check_diversity,
    diversified,
    height,
)
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.recommend.sentences.facts import reason
from mmalign_core.types import Recommendation


def top(
    recommender: Recommender,
    items: PlacedItems,
    query: PlacedQuery,
    k: int = 10,
    controls: Controls = NO_CONTROLS,
    pool: np.ndarray | None = None,
) -> list[Recommendation]:
    """Return the k best items (fewer if there are fewer). Items with equal scores keep their order.

    Diversity and popularity have shares under their own labels, so the contributions of an item always sum to its
    score. `pool`: the numbers of the only items that are looked at, of an index (see `IndexedItems.pool`); None: all.
    """
    check_diversity(controls.diversity)
    if pool is not None:
        return _top_of_pool(recommender, items, query, k, controls.diversity, pool)
    scores = recommender.score([query])[0]
    usable, favour = controls.usable(len(scores)), controls.favour(scores)
    unit = height(scores, usable) if controls.diversity else 1.0
    best, alike = _chosen(scores, favour, usable, items, query, k, controls.diversity, unit)
    shares = recommender.shares(query, best)
    added = {POPULARITY: favour[best]} if controls.popularity else {}
    added |= {ALIKE: alike} if controls.diversity else {}
    totals = scores[best] + favour[best] + alike
    return _recommendations(items, best, totals, shares, added)


def _top_of_pool(
    recommender: Recommender, items: PlacedItems, query: PlacedQuery, k: int, diversity: float, pool: np.ndarray
) -> list[Recommendation]:
    """Return `top` of these items. Their scores are the sums of their shares, and the mean of all items' scores is 0.

    `pool` (p,): rising numbers, so that equal scores keep the order of the items.
    """
    scores = sum(recommender.shares(query, pool).values(), np.zeros(len(pool)))
    unit = above(float(scores.max(initial=0.0)), 0.0)
    usable, favour = np.ones(len(pool), bool), np.zeros(len(pool))
    best, alike = _chosen(scores, favour, usable, items.take(pool), query, k, diversity, unit)
    shares = recommender.shares(query, pool[best])
    added: dict[str, np.ndarray] = {ALIKE: alike} if diversity else {}
    return _recommendations(items, pool[best], scores[best] + alike, shares, added)


def _chosen(
    scores: np.ndarray,
    favour: np.ndarray,
    usable: np.ndarray,
    items: PlacedItems,
    query: PlacedQuery,
    k: int,
    diversity: float,
    unit: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the k best items and what diversity takes from each."""
    if diversity:
        return diversified(scores, favour, usable, items, query.weights, k, diversity, unit)
    best = best_rows(scores + favour, usable, k)
    return best, np.zeros(len(best))


def best_rows(scores: np.ndarray, usable: np.ndarray, k: int) -> np.ndarray:
    """Return (min(k, usable),): numbers of the highest scores (n,) among the usable; equal scores in item order."""
    rows = np.flatnonzero(usable)
    if 0 < k < len(rows):
        known = scores[rows]
        rows = rows[known >= np.partition(known, len(rows) - k)[len(rows) - k]]
    return rows[np.argsort(-scores[rows], kind="stable")[:k]]


def with_added(shares: Mapping[str, np.ndarray], place: int, added: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return label -> share of the item at that place, including the shares of the controls."""
    found = {label: float(values[place]) for label, values in shares.items()}
    for label, values in added.items():
        found[label] = found.get(label, 0.0) + float(values[place])
    return found


def _recommendations(
    items: PlacedItems,
    rows: np.ndarray,
    totals: np.ndarray,
    shares: Mapping[str, np.ndarray],
    added: Mapping[str, np.ndarray],
) -> list[Recommendation]:
    found = []
    for place, row in enumerate(rows):
        contributions = with_added(shares, place, added)
        found.append(
            Recommendation(items.ids[int(row)], float(totals[place]), place + 1, contributions, reason(contributions))
        )
    return found
