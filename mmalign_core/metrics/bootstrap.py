"""Bootstrap confidence intervals of retrieval metrics, clustered by item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mmalign_core.metrics.retrieval import Outcome

DRAWS_AT_ONCE = 1 << 22
"""Resampled items held at a time (16 MB of counts)."""


def bootstrap_intervals(
    outcome: Outcome, items: Sequence[str], *, seed: int = 0, resamples: int = 1000, level: float = 0.95
) -> dict[str, list[float]]:
    """Metric -> [low, high]: percentile interval over resampled items (Efron 1979).

    All queries of an item (its five captions) are drawn together, since they are not independent. `items` (m,) is
    the item of each query of the outcome. Empty when there are no queries.
    """
    if not len(outcome.ranks):
        return {}
    cluster = np.unique(np.asarray(items), return_inverse=True)[1].ravel()
    counts = _resampled_counts(cluster.max() + 1, resamples, seed)
    parts = [_resampled_metrics(outcome, cluster, drawn) for drawn in counts]
    tail = 100 * (1 - level) / 2
    drawn = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: [float(x) for x in np.percentile(values, [tail, 100 - tail])] for name, values in drawn.items()}


def _resampled_counts(clusters: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each cluster was drawn: blocks of (resamples in the block, clusters) float32."""
    rng = np.random.default_rng(seed)
    step = max(1, DRAWS_AT_ONCE // clusters)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, clusters, (rows, clusters), dtype=np.int32)
        drawn += np.arange(rows, dtype=np.int32)[:, None] * clusters
        yield np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters).astype(np.float32)


def _resampled_metrics(outcome: Outcome, cluster: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    names, values = zip(*outcome.per_query().items())
    columns = np.stack([*values, np.ones(len(cluster))], axis=1)
    sums = np.zeros((counts.shape[1], columns.shape[1]), np.float32)
    np.add.at(sums, cluster, columns)
    drawn = (counts @ sums).astype(np.float64)
    means = dict(zip(names, (drawn[:, :-1] / drawn[:, -1:]).T))
    return means | {"median_rank": _weighted_medians(outcome.ranks, counts, cluster)}


def _weighted_medians(ranks: np.ndarray, counts: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Median of the ranks under each row of counts; the mean of the middle two where their number is even."""
    levels, level = np.unique(ranks, return_inverse=True)
    weights = np.zeros((counts.shape[1], len(levels)), np.float32)
    np.add.at(weights, (cluster, level.ravel()), 1)
    below = np.cumsum(counts @ weights, axis=1)
    half = below[:, -1:] / 2
    return (levels[(below >= half).argmax(1)] + levels[(below > half).argmax(1)]) / 2
