"""Terms added to the scores of a recommender: popularity, diversity, and the order of a language model."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.recommend.items import PlacedItems
from mmalign_core.types import BadInput
from mmalign_core.wording import say

POPULARITY = "popularity"
"""Label of the popularity control's share of a score."""
ALIKE = say("alike already shown")
"""Label of the (negative) share that diversity adds for likeness to an item higher in the list."""
LANGUAGE = say("language model")
"""Label of a language model's share of a score."""
LEAST_POOL, MOST_POOL = 200, 2000
"""Bounds of the pool that diversity chooses from, ten times k. Our choice: each of k steps compares the whole pool."""


@dataclass(frozen=True)
class Controls:
    """Which items may be recommended, and the controls that change their scores.

    `exclude`: numbers of items not to recommend. `allowed` (n,) bool: items that may be recommended, None for all.
    `diversity` 0..1: see `diversified`. `popularity` -1..1 with `met` (n,), the number of users of each item: see
    `popularity_term`.
    """

    exclude: Collection[int] = ()
    allowed: np.ndarray | None = None
    diversity: float = 0.0
    popularity: float = 0.0
    met: np.ndarray | None = None

    def usable(self, n: int) -> np.ndarray:
        """Return (n,) bool: which of n items may be recommended."""
        found = np.ones(n, bool) if self.allowed is None else np.array(self.allowed, bool)
        found[list(self.exclude)] = False
        return found

    def favour(self, scores: np.ndarray) -> np.ndarray:
        """Return (n,): what popularity adds to these scores (n,)."""
        return popularity_term(scores, self.usable(len(scores)), self.popularity, self.met)


NO_CONTROLS = Controls()
"""All items may be recommended, and the score alone decides."""


def popularity_term(scores: np.ndarray, usable: np.ndarray, popularity: float, met: np.ndarray | None) -> np.ndarray:
    """Return (n,): popularity · height · log(1 + met) / log(1 + most met).

    `popularity` -1..1: at 1 the item with most users gains the `height` of the scores, at -1 it loses as much. `met`
    (n,): number of users of each item. The logarithm is there because these numbers have a long tail. BadInput if
    `popularity` is out of range, or not 0 while no item has a user.
    """
    if not -1 <= popularity <= 1:
        raise BadInput(
            say("popularity: {popularity!r} is outside -1 (the long tail) to 1 (the popular)", popularity=popularity)
        )
    if not popularity:
        return np.zeros(len(scores))
    if met is None or not np.any(met):
        raise BadInput(say("popularity: these items have no interactions; leave it at 0 or give interactions"))
    return popularity * height(scores, usable) * np.log1p(met) / np.log1p(np.max(met))


def height(scores: np.ndarray, usable: np.ndarray) -> float:
    """Return the difference between the best usable score and their mean, the unit of all controls; 1 if it is 0."""
    known = scores[usable]
    return above(float(known.max()), float(known.mean())) if len(known) else 1.0


def above(best: float, mean: float) -> float:
    """Return how far the best score lies above the mean of all, 1 if it does not."""
    return best - mean if best - mean > 1e-12 else 1.0


def check_diversity(diversity: float) -> None:
    """Raise BadInput unless it lies in 0..1."""
    if not 0 <= diversity <= 1:
        raise BadInput(
            say(
                "diversity: {diversity!r} is outside 0 (by score alone) to 1 (as unlike as can be)", diversity=diversity
            )
        )


def pool_size(k: int) -> int:
    """Return the number of best items that diversity chooses k of."""
    return max(k, min(max(10 * k, LEAST_POOL), MOST_POOL))


def diversified(
    scores: np.ndarray,
    favour: np.ndarray,
    usable: np.ndarray,
    items: PlacedItems,
    weights: Mapping[str, float],
    k: int,
    diversity: float,
    unit: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the chosen items in order and each one's loss (0 or less), both (min(k, usable),).

    `unit`: the height of the scores.

    Greedy: each next item has the greatest score + favour - λ · height · (its greatest cosine with an item chosen
    before it, if above 0), with λ = d / (1 - d). This is the order of Carbonell & Goldstein (SIGIR 1998) with their λ
    as 1 - d and relevance in units of `height`. At d = .5 a copy of a chosen item counts as an item of mean score.
    d = 1 counts as .99. Cosines are those of the fused places.
    """
    diversity = min(diversity, 0.99)
    total = scores + favour
    pool = np.flatnonzero(usable)
    pool = pool[np.argsort(-total[pool], kind="stable")[: pool_size(k)]]
    cost = diversity / (1 - diversity) * unit
    chosen, near = _greedy(total[pool], items.fused(pool, weights), min(k, len(pool)), cost)
    return pool[chosen], -cost * near


def _greedy(scores: np.ndarray, places: np.ndarray, k: int, cost: float) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers (k,) within the pool, and each one's greatest cosine with those before it."""
    chosen, found = np.empty(k, np.int64), np.empty(k)
    near, left = np.zeros(len(scores)), np.ones(len(scores), bool)
    for place in range(k):
        best = int(np.argmax(np.where(left, scores - cost * near, -np.inf)))
        chosen[place], found[place], left[best] = best, near[best], False
        near = np.maximum(near, places @ places[best])
    return chosen, found


WEIGHT = 0.1
"""Weight of the model's order in units of the scores' spread: between the best weights on two collections."""
MEASURED = say(
    "SmolLM2's re-ranking was not found to help. Measured on 150 users of MovieTweetings, a split by "
    "time, after EASE: NDCG@10 0.0735 → 0.0717 (change -0.0019, 95% -0.0058 to +0.0001); on 70 users "
    "of MovieLens-100k, a random split: 0.4510 → 0.4503 (-0.0008, 95% -0.0101 to +0.0087). Its order "
    "alone is much worse: 0.0200 and 0.2270."
)
"""Shown beside the choice. From benchmarks/language_rerank.py [DATA] --split time --validation 60 --users 150, and
--split random --validation 30 --users 70, both with --param precision=bfloat16. The best weights for validation users
were 0.05 and 0.2, neither clearly better than 0."""


def language_part(scores: np.ndarray, evidence: np.ndarray, weight: float = WEIGHT) -> np.ndarray:
    """Return (n,): weight · deviation of the scores · standardised evidence. It sums to 0 over the items.

    `scores` (n,): of the recommender. `evidence` (n,): of the model, on any scale.
    """
    spread = float(np.std(evidence))
    if spread < 1e-9 or not np.isfinite(spread):
        return np.zeros(len(scores))
    return weight * float(np.std(scores)) * (evidence - np.mean(evidence)) / spread


def order_evidence(reply: str, items: int) -> np.ndarray | str:
    """Return evidence (items,) that falls evenly along an order such as "3, 1, 2", or a short error text.

    Numbers start at 1. Omitted items follow in their order.
    """
    if not re.fullmatch(r"[\d\s,;.>\[\]-]{1,2000}", reply, re.ASCII):
        return say("the answer is no list of numbers")
    named = [int(number) for number in re.findall(r"\d{1,9}", reply)]
    if not named or len(set(named)) != len(named) or not all(1 <= n <= items for n in named):
        return say("the answer names items twice or beyond the {items} it was given", items=items)
    order = [n - 1 for n in named] + [n for n in range(items) if n + 1 not in set(named)]
    evidence = np.empty(items)
    evidence[order] = -np.arange(items, dtype=np.float64)
    return evidence
