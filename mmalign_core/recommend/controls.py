"""What changes scores beside the recommender: popularity, diversity, and a language model's order."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.recommend.items import PlacedItems
from mmalign_core.types import BadInput

POPULARITY = "popularity"
"""Label of what the popularity control adds to a score."""
ALIKE = "alike already shown"
"""Label of what an item loses for being like one shown before it."""
LANGUAGE = "language model"
"""Label of what a language model adds to a score."""
LEAST_POOL, MOST_POOL = 200, 2000
"""Bounds of the pool that diversity chooses from, ten times k. Our choice: each of k steps compares the whole pool."""


@dataclass(frozen=True)
class Controls:
    """Which items may be recommended, and what moves them beside the recommender's score.

    `exclude`: numbers of items not to recommend; `allowed` (n,) bool: which may be, None for all. `diversity` 0..1: see
    `diversified`. `popularity` -1..1 with `met` (n,), by how many users each item was met: see `popularity_term`.
    """

    exclude: Collection[int] = ()
    allowed: np.ndarray | None = None
    diversity: float = 0.0
    popularity: float = 0.0
    met: np.ndarray | None = None

    def usable(self, n: int) -> np.ndarray:
        """(n,) bool: which of n items may be recommended."""
        found = np.ones(n, bool) if self.allowed is None else np.array(self.allowed, bool)
        found[list(self.exclude)] = False
        return found

    def favour(self, scores: np.ndarray) -> np.ndarray:
        """(n,) what popularity adds to these scores (n,)."""
        return popularity_term(scores, self.usable(len(scores)), self.popularity, self.met)


NO_CONTROLS = Controls()
"""Every item may be recommended, by its score alone."""


def popularity_term(scores: np.ndarray, usable: np.ndarray, popularity: float, met: np.ndarray | None) -> np.ndarray:
    """(n,) what the control adds: popularity · height · log(1 + met) / log(1 + most met).

    `popularity` -1..1: at 1 the most met item gains as much as the best one stands above an ordinary one, at -1 it
    loses that. `met` (n,): by how many users each item was met. Logarithms, since meetings have a long tail. BadInput
    if it is out of range, or set where nobody met anything.
    """
    if not -1 <= popularity <= 1:
        raise BadInput(f"popularity: {popularity!r} is outside -1 (the long tail) to 1 (the popular)")
    if not popularity:
        return np.zeros(len(scores))
    if met is None or not np.any(met):
        raise BadInput("popularity: nobody has met any of these items; leave it at 0 or give interactions")
    return popularity * height(scores, usable) * np.log1p(met) / np.log1p(np.max(met))


def height(scores: np.ndarray, usable: np.ndarray) -> float:
    """How far the best usable item stands above the mean of them: the unit that controls are measured in, 1 if 0."""
    known = scores[usable]
    found = float(known.max() - known.mean()) if len(known) else 0.0
    return found if found > 1e-12 else 1.0


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


WEIGHT = 0.1
"""Share of the candidates' spread that it may move: between what validation users of two collections chose."""
MEASURED = (
    "SmolLM2's re-ranking was not found to help. Measured on 150 users of MovieTweetings, a split by time, after EASE: "
    "NDCG@10 0.0735 → 0.0717 (change -0.0019, 95% -0.0058 to +0.0001); on 70 users of MovieLens-100k, a random split: "
    "0.4510 → 0.4503 (-0.0008, 95% -0.0101 to +0.0087). Its order alone is much worse: 0.0200 and 0.2270."
)
"""What to show beside the choice: benchmarks/language_rerank.py [DATA] --split time --validation 60 --users 150, and
--split random --validation 30 --users 70, both with --param precision=bfloat16. The weights that validation users chose
were 0.05 and 0.2, neither clearly better than none."""


def language_part(scores: np.ndarray, evidence: np.ndarray, weight: float = WEIGHT) -> np.ndarray:
    """(n,) what the model adds: weight · deviation of the scores · standardised evidence; sums to 0 over the items.

    `scores` (n,): the recommender's, `evidence` (n,): the model's, on a scale of its own.
    """
    spread = float(np.std(evidence))
    if spread < 1e-9 or not np.isfinite(spread):
        return np.zeros(len(scores))
    return weight * float(np.std(scores)) * (evidence - np.mean(evidence)) / spread


def order_evidence(said: str, items: int) -> np.ndarray | str:
    """(items,) evidence falling evenly along an order such as "3, 1, 2", or what is wrong with it, in a few words.

    Numbers from 1; items it leaves out follow in the order they had.
    """
    if not re.fullmatch(r"[\d\s,;.>\[\]-]{1,2000}", said, re.ASCII):
        return "the answer is no list of numbers"
    named = [int(number) for number in re.findall(r"\d{1,9}", said)]
    if not named or len(set(named)) != len(named) or not all(1 <= n <= items for n in named):
        return f"the answer names items twice or beyond the {items} it was given"
    order = [n - 1 for n in named] + [n for n in range(items) if n + 1 not in set(named)]
    evidence = np.empty(items)
    evidence[order] = -np.arange(items, dtype=np.float64)
    return evidence
