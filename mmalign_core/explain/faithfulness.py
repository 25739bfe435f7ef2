"""Faithfulness of a map: whether removing parts in its order changes the score faster than random orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmalign_core.explain.masks import AT_ONCE, Faithfulness, Scores, score_masks
from mmalign_core.metrics.bootstrap import LEVEL, interval, resampled_means
from mmalign_core.wording import say, say_many

EXACT_ORDERS = 19
"""Random orders from which on the interval is a rank of them: 19 of 20 is 95%. With fewer, Student's t is used."""
LEAST_PARTS = 5
"""Parts from which on one map can be told from random orders. Of 4 parts there are 24 orders: 20 random ones hold the
best order or its reverse in 1 - (1 - 2/24)^20 = 82% of cases, so even a true map is not shown to be better. Of 5 it is
29%."""


def faithfulness(
    values: np.ndarray, scores: Scores, seed: int = 0, orders: int = 20, *, steps: int = 64, at_once: int = AT_ONCE
) -> Faithfulness:
    """Return deletion and insertion (Petsiuk et al. 2018) for the order of `values` (p,) and for random orders.

    Parts are removed, or added, largest value first; equal values in random order. A curve has at most about `steps`
    points, so the cost is at most 2 * steps * (orders + 1) masks. Equal masks are scored once.

    The reverse of a random order is a random order too, with insertion and deletion exchanged. It needs no scores, and
    the mean of insertion - deletion over random orders is exactly 0. The interval is the advantage plus and minus the
    95% range of random orders, so a random map counts as better in at most 2.5% of cases. From 19 orders on the range
    is a rank (no assumption), below it is Student's t. With few parts a random order is often as good as the best;
    `pooled` over many items then shows more than a single item.
    """
    values = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    parts, cuts = len(values), _cuts(len(values), steps)
    own = np.lexsort((rng.random(parts), -values))
    every = [own, *(rng.permutation(parts) for _ in range(orders if parts > 1 else 0))]
    masks = np.concatenate([_curve_masks(order, cuts) for order in every])
    found = score_masks(scores, masks, at_once).reshape(len(every), 2, len(cuts))
    share = cuts / max(parts, 1)
    areas = (found[..., 1:] + found[..., :-1]) / 2 @ np.diff(share) if parts else found[..., 0]
    deletion, insertion = (float(x) for x in areas[0])
    at_random = float(areas[1:].mean()) if len(areas) > 1 else (deletion + insertion) / 2
    advantage, reach = insertion - deletion, _reach(areas[1:, 1] - areas[1:, 0])
    between = (advantage - reach, advantage + reach)
    return Faithfulness(deletion, insertion, at_random, at_random, advantage, between, orders)


def pooled(found: Sequence[Faithfulness], seed: int = 0) -> Faithfulness:
    """Return one faithfulness for the maps of many items: means, and the bootstrap interval over items.

    `orders` is then the number of random orders of all items together. ValueError without items.
    """
    if not found:
        raise ValueError(say("no map to pool: give the faithfulness of at least one item"))
    if len(found) == 1:
        return found[0]
    advantages = np.array([f.advantage for f in found])
    drawn = resampled_means({"advantage": advantages}, seed=seed)["advantage"]
    # The variance of resampling n items is (n - 1) / n of the true one, which matters with few items.
    spread = (drawn - advantages.mean()) * np.sqrt(len(found) / (len(found) - 1))
    low, high = interval(advantages.mean() + spread)
    columns = ("deletion", "insertion", "random_deletion", "random_insertion", "advantage")
    means = {name: float(np.mean([getattr(f, name) for f in found])) for name in columns}
    return Faithfulness(**means, interval=(low, high), orders=sum(f.orders for f in found))


def comparable(found: Faithfulness | None, parts: int) -> bool:
    """Return whether a map of that many parts was compared with random orders, with enough parts to tell."""
    return found is not None and (found.better or parts >= LEAST_PARTS)


def comparison(found: Faithfulness | None, parts: int = LEAST_PARTS) -> str:
    """Return in a few words whether the map of that many parts beats random orders, or why that cannot be told."""
    if found is None:
        return say("not compared with random orders")
    if found.better:
        return say("better than a random order")
    if not comparable(found, parts):
        return say_many(
            "not compared with random orders: {n} part is too few to tell",
            "not compared with random orders: {n} parts are too few to tell",
            n=parts,
        )
    if found.advantage <= 0:
        return say("no better than a random order")
    return say("not shown to be better than a random order")


def advantage(found: Faithfulness) -> str:
    """Return the advantage and its interval in words, in units of the score."""
    low, high = found.interval
    return say(
        "advantage {advantage:+.3f} (95% {low:+.3f} to {high:+.3f}, {orders} orders)",
        advantage=found.advantage,
        low=low,
        high=high,
        orders=found.orders,
    )


def verdict(found: Faithfulness | None, parts: int = LEAST_PARTS) -> str:
    """Return `comparison` and `advantage` in one line."""
    told = comparison(found, parts)
    return f"{told}: {advantage(found)}" if found is not None and comparable(found, parts) else told


def _cuts(parts: int, steps: int) -> np.ndarray:
    """Return how many parts are removed at each point of a curve. It is symmetric, so reversed orders cost nothing."""
    half = np.linspace(0, parts, min(parts, max(steps, 2)) + 1)
    first = half[half <= parts / 2].astype(int)
    return np.unique(np.concatenate([first, parts - first]))


def _curve_masks(order: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Return (2 * cuts, p): the kept parts at each point of deletion, then of insertion."""
    rank = np.argsort(order)[None]
    come = rank < cuts[:, None]
    return np.concatenate([~come, come])


def _reach(gaps: np.ndarray) -> float:
    """Return the 95% range of random orders. `gaps` (n,): their insertion - deletion, symmetric around 0."""
    if not len(gaps):
        return 0.0
    sizes = np.sort(np.abs(gaps))
    if len(gaps) >= EXACT_ORDERS:
        return float(sizes[min(int(np.ceil(LEVEL * (len(gaps) + 1))), len(gaps)) - 1])
    from scipy.stats import t

    return float(t.ppf((1 + LEVEL) / 2, len(gaps)) * np.sqrt(np.mean(gaps**2)))
