"""Maximal marginal relevance: items that suit the query and are unlike those already shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.recommend.controls.long_tail import height
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.types import BadInput

ALIKE = "alike already shown"
"""Label of what an item loses for being like one shown before it."""
LEAST_POOL, MOST_POOL = 200, 2000
"""Items looked at for k places: ten times k within these bounds, and never fewer than k."""


def check_diversity(diversity: float) -> None:
    """BadInput unless it lies in 0..1."""
    if not 0 <= diversity <= 1:
        raise BadInput(f"diversity: {diversity!r} is outside 0 (by score alone) to 1 (as unlike as can be)")


def diversified(
    scores: np.ndarray,
    favour: np.ndarray,
    usable: np.ndarray,
    items: PlacedItems,
    weights: Mapping[str, float],
    k: int,
    diversity: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the chosen items in order and what each loses (both (min(k, usable),); losses are 0 or negative).

    Greedy: each next item has the greatest score + favour - λ · height · (its greatest cosine with an item chosen
    before it, if above 0), with λ = d / (1 - d). That is the order of Carbonell & Goldstein (SIGIR 1998) with their λ
    as 1 - d and relevance in units of `height`: at d = .5 the double of an item shown counts as an ordinary item. 1
    counts as .99. Cosines are of the fused places.
    """
    diversity = min(diversity, 0.99)
    size = max(k, min(max(10 * k, LEAST_POOL), MOST_POOL))
    total = scores + favour
    pool = np.flatnonzero(usable)
    pool = pool[np.argsort(-total[pool], kind="stable")[:size]]
    cost = diversity / (1 - diversity) * height(scores, usable)
    chosen, near = _greedy(total[pool], items.fused(pool, weights), min(k, len(pool)), cost)
    return pool[chosen], -cost * near


def _greedy(scores: np.ndarray, places: np.ndarray, k: int, cost: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (k,) within the pool, and each one's greatest cosine with those before it."""
    chosen, found = np.empty(k, np.int64), np.empty(k)
    near, left = np.zeros(len(scores)), np.ones(len(scores), bool)
    for place in range(k):
        best = int(np.argmax(np.where(left, scores - cost * near, -np.inf)))
        chosen[place], found[place], left[best] = best, near[best], False
        near = np.maximum(near, places @ places[best])
    return chosen, found
