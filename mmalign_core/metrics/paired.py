"""Paired bootstrap: is one aligner better than another on the very same queries?"""

from __future__ import annotations

import numpy as np

from mmalign_core.metrics.bootstrap import LEVEL, RESAMPLES, interval, resampled_metrics
from mmalign_core.metrics.direction import Direction
from mmalign_core.metrics.retrieval import Outcome
from mmalign_core.types import BadInput


def paired_bootstrap(
    a: Direction, b: Direction, *, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[str, dict[str, float]]:
    """Metric -> difference (A - B) with `low` and `high` of its interval, and p (Koehn 2004).

    Both are resampled with the same draws of items. p is the share of resamples, the observed one counted among them,
    in which the difference is 0 or of the other sign; 1 where it is 0 to begin with. A lower median rank is better,
    everything else is better when higher. Empty when there are no queries. BadInput unless both met the same queries
    over equally many candidates.
    """
    (first, items), (second, _) = _comparable(a, b)
    drawn = [resampled_metrics(o, items, seed=seed, resamples=resamples) for o in (first, second)]
    observed = [o.metrics() for o in (first, second)]
    return {
        name: difference(observed[0][name] - observed[1][name], drawn[0][name] - drawn[1][name], level)
        for name in drawn[0]
    }


def difference(observed: float, drawn: np.ndarray, level: float = LEVEL) -> dict[str, float]:
    """The observed difference with its interval and p, from the differences (resamples,) under the same draws."""
    low, high = interval(drawn, level)
    against = np.count_nonzero(drawn * np.sign(observed) <= 0)
    return {"difference": observed, "low": low, "high": high, "p": (1 + against) / (1 + len(drawn))}


def _comparable(a: Direction, b: Direction) -> tuple[tuple[Outcome, list[str]], tuple[Outcome, list[str]]]:
    """Outcomes and items of both in one order of queries."""
    first, second = _ordered(a), _ordered(b)
    alike = first[1] == second[1] and first[2] == second[2]
    if not alike or (a.candidates, a.unanswerable) != (b.candidates, b.unanswerable):
        raise BadInput(
            f"the two were not measured on the same queries ({len(a.items)} over {a.candidates} candidates against "
            f"{len(b.items)} over {b.candidates}); measure both with the same data, pair, split and seed"
        )
    return first[:2], second[:2]


def _ordered(direction: Direction) -> tuple[Outcome, list[str], list[str]]:
    """The outcome, items and keys with the queries sorted by item and content."""
    order = sorted(range(len(direction.items)), key=lambda i: (direction.items[i], direction.keys[i]))
    outcome = Outcome(direction.outcome.ranks[order], direction.outcome.correct[order])
    return outcome, [direction.items[i] for i in order], [direction.keys[i] for i in order]
