"""Bootstrap of retrieval metrics: confidence intervals clustered by item, and paired differences of two aligners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mmalign_core.metrics.retrieval import Direction, Outcome
from mmalign_core.types import BadInput

DRAWS_AT_ONCE = 1 << 22
"""Resampled items in memory at a time (32 MB of counts)."""
RESAMPLES = 1000
"""Number of resamples that Efron & Tibshirani (1993) recommend for percentile intervals."""
LEVEL = 0.95
"""The usual level of an interval; `ci95` in the report is named after it."""


def bootstrap_intervals(
    outcome: Outcome, items: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[str, list[float]]:
    """Return metric -> [low, high]: the percentile interval over resampled items (Efron 1979).

    All queries of an item (its five captions) are drawn together, because they are not independent. `items` (m,): the
    item of each query of the outcome. Empty if there are no queries.
    """
    drawn = resampled_metrics(outcome, items, seed=seed, resamples=resamples)
    return {name: interval(values, level) for name, values in drawn.items()}


def resampled_metrics(
    outcome: Outcome, items: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, np.ndarray]:
    """Return metric -> (resamples,) values over items drawn with replacement. Draws depend on items and seed alone."""
    if not len(outcome.ranks):
        return {}
    cluster = np.unique(np.asarray(items), return_inverse=True)[1].ravel()
    counts = _resampled_counts(cluster.max() + 1, resamples, seed)
    parts = [_metrics_under(outcome, cluster, drawn) for drawn in counts]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


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


def _metrics_under(outcome: Outcome, cluster: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    names, values = zip(*outcome.per_query().items())
    columns = np.stack([*values, np.ones(len(cluster))], axis=1)
    sums = np.stack([np.bincount(cluster, column, counts.shape[1]) for column in columns.T], axis=1)
    drawn = counts @ sums
    means = dict(zip(names, (drawn[:, :-1] / drawn[:, -1:]).T))
    return means | {"median_rank": _weighted_medians(outcome.ranks, counts, cluster)}


def _weighted_medians(ranks: np.ndarray, counts: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Return the median of the ranks under each row of counts; of an even number the mean of the middle two."""
    order = np.argsort(ranks, kind="stable")
    below = np.cumsum(counts[:, cluster[order]], axis=1)
    half = below[:, -1:] / 2
    middle = np.count_nonzero(below < half, axis=1), np.count_nonzero(below <= half, axis=1)
    return (ranks[order][middle[0]] + ranks[order][middle[1]]) / 2


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
    drawn = [resampled_metrics(o, items, seed=seed, resamples=resamples) for o in (first, second)]
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
            f"the two were not measured on the same queries ({len(a.items)} over {a.candidates} candidates against "
            f"{len(b.items)} over {b.candidates}); measure both with the same data, pair, split and seed"
        )
    return first[:2], second[:2]


def _ordered(direction: Direction) -> tuple[Outcome, list[str], list[str]]:
    """Return the outcome, items and keys with the queries sorted by item and content."""
    order = sorted(range(len(direction.items)), key=lambda i: (direction.items[i], direction.keys[i]))
    outcome = Outcome(direction.outcome.ranks[order], direction.outcome.correct[order])
    return outcome, [direction.items[i] for i in order], [direction.keys[i] for i in order]
