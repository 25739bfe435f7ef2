"""The best items of a scored query, as recommendations with their shares."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.controls.diversity import ALIKE, check_diversity, diversified
from mmalign_core.recommend.controls.long_tail import POPULARITY, popularity_term
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import Query
from mmalign_core.recommend.sentences.sentence import reason
from mmalign_core.types import Recommendation


def top(
    recommender: Recommender,
    items: PlacedItems,
    query: Query,
    k: int = 10,
    *,
    exclude: Collection[int] = (),
    allowed: np.ndarray | None = None,
    diversity: float = 0.0,
    popularity: float = 0.0,
    met: np.ndarray | None = None,
) -> list[Recommendation]:
    """The k best items (fewer if there are not as many), equal scores in the order of the items.

    `exclude`: numbers of items not to recommend; `allowed`: (n,) bool, which may be. `diversity` 0..1: see
    `diversified`; `popularity` -1..1 with `met` (n,): see `popularity_term`. What these two add to a score stands
    among its contributions under a name of its own, so they sum to the score whatever is set.
    """
    check_diversity(diversity)
    scores = recommender.score([query])[0]
    usable = recommendable(len(scores), exclude, allowed)
    favour = popularity_term(scores, usable, popularity, met)
    if diversity:
        best, alike = diversified(scores, favour, usable, items, query.weights, k, diversity)
    else:
        best = best_rows(scores + favour, usable, k)
        alike = np.zeros(len(best))
    shares = recommender.shares(query, best)
    controls = {POPULARITY: favour[best]} if popularity else {}
    controls |= {ALIKE: alike} if diversity else {}
    totals = scores[best] + favour[best] + alike
    return [_recommendation(items.ids[row], i, float(totals[i]), shares, controls) for i, row in enumerate(best)]


def recommendable(n: int, exclude: Collection[int] = (), allowed: np.ndarray | None = None) -> np.ndarray:
    """(n,) bool: which items may be recommended."""
    usable = np.ones(n, bool) if allowed is None else np.array(allowed, bool)
    usable[list(exclude)] = False
    return usable


def best_rows(scores: np.ndarray, usable: np.ndarray, k: int) -> np.ndarray:
    """(min(k, usable),) numbers of the highest scores (n,) among the usable, equal ones in the order of the items."""
    rows = np.flatnonzero(usable)
    if 0 < k < len(rows):
        known = scores[rows]
        rows = rows[known >= np.partition(known, len(rows) - k)[len(rows) - k]]
    return rows[np.argsort(-scores[rows], kind="stable")[:k]]


def add_controls(shares: Mapping[str, np.ndarray], place: int, controls: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Label -> share of the item at that place, with what the controls add to it."""
    found = {label: float(values[place]) for label, values in shares.items()}
    for label, values in controls.items():
        found[label] = found.get(label, 0.0) + float(values[place])
    return found


def _recommendation(
    item: str, place: int, score: float, shares: Mapping[str, np.ndarray], controls: Mapping[str, np.ndarray]
) -> Recommendation:
    contributions = add_controls(shares, place, controls)
    return Recommendation(item, score, place + 1, contributions, reason(contributions))
