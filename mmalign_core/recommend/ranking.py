"""The best items of a scored query, as recommendations with their shares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.controls import ALIKE, NO_CONTROLS, POPULARITY, Controls, check_diversity, diversified
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
) -> list[Recommendation]:
    """Return the k best items (fewer if there are fewer). Items with equal scores keep their order.

    Diversity and popularity have shares under their own labels, so the contributions of an item always sum to its
    score.
    """
    check_diversity(controls.diversity)
    scores = recommender.score([query])[0]
    usable, favour = controls.usable(len(scores)), controls.favour(scores)
    if controls.diversity:
        best, alike = diversified(scores, favour, usable, items, query.weights, k, controls.diversity)
    else:
        best = best_rows(scores + favour, usable, k)
        alike = np.zeros(len(best))
    shares = recommender.shares(query, best)
    added = {POPULARITY: favour[best]} if controls.popularity else {}
    added |= {ALIKE: alike} if controls.diversity else {}
    totals = scores[best] + favour[best] + alike
    ids = [items.ids[int(row)] for row in best]
    return [_recommendation(item, i, float(totals[i]), shares, added) for i, item in enumerate(ids)]


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


def _recommendation(
    item: str, place: int, score: float, shares: Mapping[str, np.ndarray], added: Mapping[str, np.ndarray]
) -> Recommendation:
    contributions = with_added(shares, place, added)
    return Recommendation(item, score, place + 1, contributions, reason(contributions))
