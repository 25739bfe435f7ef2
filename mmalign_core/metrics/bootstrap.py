"""Bootstrap of retrieval metrics: confidence intervals clustered by item, and paired differences of two aligners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from mmalign_core.metrics.retrieval import Direction, Outcome
from mmalign_core.progress import pulse
from mmalign_core.types import BadInput
from mmalign_core.types.strings import Strings
from mmalign_core.wording import say

DRAWS_AT_ONCE = 1 << 22
"""Resampled items in memory at a time (32 MB of counts)."""
RESAMPLES = 1000
"""Number of resamples that Efron & Tibshirani (1993) recommend for percentile intervals."""
_BRACKETS = 64
"""Parts of the queries by rank, in one of which a median is looked for. Chosen: the parts are then small, and so is the
product that finds the right one."""
LEVEL = 0.95
"""The usual level of an interval; `ci95` in the report is named after it."""


def bootstrap_intervals(
    outcome: Outcome, items: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[str, list[float]]:
    """Return metric -> [low, high]: the percentile interval over resampled items (Efron 1979).

    All queries of an item (its five captions) are drawn together, because they are not independent. `items` (m,): the
    item of each query of the outcome. Empty if there are no queries.
    """
    return intervals_together([(outcome, items)], seed=seed, resamples=resamples, level=level)[0]


def intervals_together(
    outcomes: Sequence[tuple[Outcome, Sequence[str]]],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> list[dict[str, list[float]]]:
    """Return `bootstrap_intervals` of each outcome with the items of its queries, from shared draws."""
    drawn = resampled_together(outcomes, seed=seed, resamples=resamples)
    return [{name: interval(values, level) for name, values in one.items()} for one in drawn]


def resampled_metrics(
    outcome: Outcome, items: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, np.ndarray]:
    """Return metric -> (resamples,) values over items drawn with replacement. Draws depend on items and seed alone."""
    return resampled_together([(outcome, items)], seed=seed, resamples=resamples)[0]


def resampled_together(
    outcomes: Sequence[tuple[Outcome, Sequence[str]]], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[dict[str, np.ndarray]]:
    """Return `resampled_metrics` of each outcome with the items of its queries; equally many items share their draws.

    {} for an outcome without queries.
    """
    found: list[dict[str, np.ndarray]] = [{} for _ in outcomes]
    sums = {i: _ItemSums(outcome, items) for i, (outcome, items) in enumerate(outcomes) if len(outcome.ranks)}
    for clusters in dict.fromkeys(one.clusters for one in sums.values()):
        alike = {i: one for i, one in sums.items() if one.clusters == clusters}
        parts: dict[int, list[dict[str, np.ndarray]]] = {i: [] for i in alike}
        for counts in _resampled_counts(clusters, resamples, seed):
            pulse()
            for i, one in alike.items():
                parts[i].append(one.metrics_under(counts))
        for i, some in parts.items():
            found[i] = {name: np.concatenate([part[name] for part in some]) for name in some[0]}
    return found


def resampled_means(
    values: Mapping[str, np.ndarray], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, np.ndarray]:
    """Return metric -> (resamples,) means of its values (m,) over rows drawn with replacement. Draws depend on m and
    seed alone. Empty if there are no rows."""
    columns = np.stack(list(values.values()), axis=1).astype(float)
    if not len(columns):
        return {}
    parts = [drawn @ columns / len(columns) for drawn in _resampled_counts(len(columns), resamples, seed)]
    return dict(zip(values, np.concatenate(parts).T))


def interval(values: np.ndarray, level: float = LEVEL) -> list[float]:
    """Return [low, high], the limits of the middle `level` of the values."""
    tail = 100 * (1 - level) / 2
    return [float(x) for x in np.percentile(values, [tail, 100 - tail])]


def share_interval(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The interval of the share k / n by Wilson (1927): (0, 1) where n is 0. It counts queries as independent."""
    from scipy.stats import binomtest

    if not n:
        return 0.0, 1.0
    bounds = binomtest(k, n).proportion_ci(level, method="wilson")
    return float(bounds.low), float(bounds.high)


def _resampled_counts(clusters: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each cluster was drawn, in blocks of (resamples in the block, clusters)."""
    rng = np.random.default_rng(seed)
    step = max(1, DRAWS_AT_ONCE // clusters)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, clusters, (rows, clusters), dtype=np.int32) + clusters * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters).astype(float)


class _ItemSums:
    """The sums of an outcome's values over the queries of each item, from which the metrics of any draw follow."""

    def __init__(self, outcome: Outcome, items: Sequence[str]) -> None:
        self._cluster = Strings.of(items).sorted_numbers()
        self.clusters = int(self._cluster.max()) + 1
        self._names, values = zip(*outcome.per_query().items())
        columns = (*values, np.ones(len(self._cluster)))
        self._sums = np.stack([np.bincount(self._cluster, column, self.clusters) for column in columns], axis=1)
        self._order = np.argsort(outcome.ranks, kind="stable")
        self._ranks = outcome.ranks[self._order]
        # How many of an item's queries are among the first of all by rank, up to each of some places.
        self._places = np.linspace(0, len(self._order), _BRACKETS + 1).astype(int)
        parts = [self._order[lo:hi] for lo, hi in pairwise(self._places)]
        within = [np.bincount(self._cluster[part], minlength=self.clusters) for part in parts]
        self._up_to = np.cumsum(np.stack(within, axis=1), axis=1).astype(float)

    def metrics_under(self, counts: np.ndarray) -> dict[str, np.ndarray]:
        """Return metric -> (r,) values under r rows of `counts` (r, clusters): how often each item was drawn."""
        drawn = counts @ self._sums
        means = dict(zip(self._names, (drawn[:, :-1] / drawn[:, -1:]).T))
        return means | {"median_rank": self._medians(counts)}

    def _medians(self, counts: np.ndarray) -> np.ndarray:
        """Return the median of the ranks under each row of counts; of an even number the mean of the middle two."""
        up_to = counts @ self._up_to
        half = up_to[:, -1:] / 2
        middle = self._middle(counts, up_to, half, np.less), self._middle(counts, up_to, half, np.less_equal)
        return (self._ranks[middle[0]] + self._ranks[middle[1]]) / 2

    def _middle(self, counts: np.ndarray, up_to: np.ndarray, half: np.ndarray, below: Callable) -> np.ndarray:
        """Return how many queries, in order of rank, lie `below` half of the drawn ones: (r,)."""
        bracket = np.count_nonzero(below(up_to, half), axis=1)
        found = np.empty(len(counts), int)
        for one in np.unique(bracket):
            rows = np.flatnonzero(bracket == one)
            lo, hi = self._places[one], self._places[one + 1]
            before = up_to[rows, one - 1] if one else np.zeros(len(rows))
            sums = before[:, None] + np.cumsum(counts[rows[:, None], self._cluster[self._order[lo:hi]]], axis=1)
            found[rows] = lo + np.count_nonzero(below(sums, half[rows]), axis=1)
        return found


def paired_bootstrap(
    a: Direction, b: Direction, *, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[str, dict[str, float]]:
    """Return metric -> difference (A - B) with `low` and `high` of its interval, and p (Koehn 2004).

    Both are resampled with the same draws of items. p is the share of resamples, including the observed sample, in
    which the difference is 0 or has the other sign. It is 1 if the observed difference is 0. Lower is better for the
    median rank, higher for all others. Empty if there are no queries. BadInput unless both have the same queries and
    equally many candidates.
    """
    (first, items), (second, _) = _comparable(a, b)
    drawn = resampled_together([(first, items), (second, items)], seed=seed, resamples=resamples)
    observed = [o.metrics() for o in (first, second)]
    return {
        name: difference(observed[0][name] - observed[1][name], drawn[0][name] - drawn[1][name], level)
        for name in drawn[0]
    }


def difference(observed: float, drawn: np.ndarray, level: float = LEVEL) -> dict[str, float]:
    """Return the observed difference with its interval and p, from the differences (resamples,) of the same draws."""
    low, high = interval(drawn, level)
    against = np.count_nonzero(drawn * np.sign(observed) <= 0)
    return {"difference": observed, "low": low, "high": high, "p": (1 + against) / (1 + len(drawn))}


def _comparable(a: Direction, b: Direction) -> tuple[tuple[Outcome, list[str]], tuple[Outcome, list[str]]]:
    """Return outcomes and items of both in the same order of queries. BadInput unless the queries are the same."""
    first, second = _ordered(a), _ordered(b)
    alike = first[1] == second[1] and first[2] == second[2]
    if not alike or (a.candidates, a.unanswerable) != (b.candidates, b.unanswerable):
        raise BadInput(
            say(
                "the two were not measured on the same queries ({n} over {candidates} candidates against {other_n} "
                "over {other_candidates}); measure both with the same data, pair, split and seed",
                n=len(a.items),
                candidates=a.candidates,
                other_n=len(b.items),
                other_candidates=b.candidates,
            )
        )
    return first[:2], second[:2]


def _ordered(direction: Direction) -> tuple[Outcome, list[str], list[str]]:
    """Return the outcome, items and keys with the queries sorted by item and content."""
    items, keys = list(direction.items), list(direction.keys)
    order = sorted(range(len(items)), key=lambda i: (items[i], keys[i]))
    outcome = Outcome(direction.outcome.ranks[order], direction.outcome.correct[order])
    return outcome, [items[i] for i in order], [keys[i] for i in order]
