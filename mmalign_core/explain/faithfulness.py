"""Faithfulness of a map: does leaving parts out in its order change the score faster than random orders do?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmalign_core.explain.masks import AT_ONCE, Faithfulness, Scores, score_masks
from mmalign_core.metrics.bootstrap import LEVEL, interval, resampled_means

EXACT_ORDERS = 19
"""With so many random orders the interval is a rank of them: 19 of 20 is 95%. With fewer, Student's t is used."""


def faithfulness(
    values: np.ndarray, scores: Scores, seed: int = 0, orders: int = 20, *, steps: int = 64, at_once: int = AT_ONCE
) -> Faithfulness:
    """Deletion and insertion (Petsiuk et al. 2018) of the order of `values` (p,), beside `orders` random orders.

    Parts go, or come, largest value first; equal values in random order. A curve has at most about `steps` points, so
    2 * steps * (orders + 1) masks bound the cost; equal masks are scored once.

    A random order backwards is a random order too, with insertion and deletion exchanged, so it comes for free and the
    mean over random orders of insertion - deletion is 0 exactly. The interval is the advantage plus and minus what a
    random order reaches: a map drawn at random is called better in at most 2.5% of cases. It is a rank of the random
    orders (no assumption) from 19 orders on, Student's t below. With few parts a random order often is as good as the
    best; `pooled` over many items then shows what one item cannot.
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
    """One faithfulness of many items' maps: means, and the interval of the mean advantage by bootstrap over items.

    `orders` is then the number of random orders of all items together. ValueError without items.
    """
    if not found:
        raise ValueError("no map to pool: give the faithfulness of at least one item")
    if len(found) == 1:
        return found[0]
    advantages = np.array([f.advantage for f in found])
    drawn = resampled_means({"advantage": advantages}, seed=seed)["advantage"]
    # Resampling n items varies by (n - 1) / n of what it estimates, which matters with few items.
    spread = (drawn - advantages.mean()) * np.sqrt(len(found) / (len(found) - 1))
    low, high = interval(advantages.mean() + spread)
    columns = ("deletion", "insertion", "random_deletion", "random_insertion", "advantage")
    means = {name: float(np.mean([getattr(f, name) for f in found])) for name in columns}
    return Faithfulness(**means, interval=(low, high), orders=sum(f.orders for f in found))


def comparison(found: Faithfulness | None) -> str:
    """Return in a few words whether the map beats random orders."""
    if found is None:
        return "not compared with random orders"
    if found.better:
        return "better than a random order"
    return f"{'no' if found.advantage <= 0 else 'not shown to be'} better than a random order"


def advantage(found: Faithfulness) -> str:
    """Return the advantage and its interval in words, in units of the score."""
    low, high = found.interval
    return f"advantage {found.advantage:+.3f} (95% {low:+.3f} to {high:+.3f}, {found.orders} orders)"


def verdict(found: Faithfulness | None) -> str:
    """Return `comparison` and `advantage` in one line."""
    return comparison(found) if found is None else f"{comparison(found)}: {advantage(found)}"


def _cuts(parts: int, steps: int) -> np.ndarray:
    """How many parts are gone at each point of a curve; the same backwards, so a reversed order needs no scores."""
    half = np.linspace(0, parts, min(parts, max(steps, 2)) + 1)
    first = half[half <= parts / 2].astype(int)
    return np.unique(np.concatenate([first, parts - first]))


def _curve_masks(order: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """(2 * cuts, p): what is kept on the way of deletion, then of insertion."""
    rank = np.argsort(order)[None]
    come = rank < cuts[:, None]
    return np.concatenate([~come, come])


def _reach(gaps: np.ndarray) -> float:
    """What 95% of random orders stay within: `gaps` (n,) insertion - deletion of random orders, symmetric around 0."""
    if not len(gaps):
        return 0.0
    sizes = np.sort(np.abs(gaps))
    if len(gaps) >= EXACT_ORDERS:
        return float(sizes[min(int(np.ceil(LEVEL * (len(gaps) + 1))), len(gaps)) - 1])
    from scipy.stats import t

    return float(t.ppf((1 + LEVEL) / 2, len(gaps)) * np.sqrt(np.mean(gaps**2)))
