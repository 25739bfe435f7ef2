"""Permutation test: whether the mean of a group of queries differs from the mean of the rest by more than chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mmalign_core.types import BadInput
from mmalign_core.types.strings import Strings
from mmalign_core.wording import say

PERMUTATIONS = 9_999
"""So that the smallest p is 1 in 10,000: about a hundred groups can then be told from chance after correction."""
FEWEST = 1_999
"""Permutations for the largest collections: a p of .05 is then known to within .01."""
_MOST_VALUES = 100_000_000
"""Permuted values in total: some seconds. Above it there are fewer permutations, down to FEWEST. Our choice."""
_AT_ONCE = 1 << 22
"""Permuted values in memory at a time (16 MB)."""
_ROUNDING = 1e-6
"""Differences closer than this are equal: float32 sums of the same values differ by their order."""


def permutation_p(
    values: np.ndarray,
    groups: np.ndarray,
    items: Sequence[str],
    *,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> np.ndarray:
    """Return (g,) two-sided p values of mean inside less mean outside, one for each group.

    `values` (m,) are those of the queries, `groups` (m, g) bool, `items` (m,) the item of each query. Values move from
    item to item with all queries of an item together, between items with equally many queries, and among the queries
    of an item. p is the share of permutations whose difference is at least as large. Where each item has one query and
    values are 0 or 1, p is that of all permutations; else it is estimated from random ones, including the observed one
    (Phipson & Smyth 2010). BadInput where a group holds no query or all of them.
    """
    values, inside = np.asarray(values, np.float32), np.asarray(groups, bool)
    sizes = inside.sum(axis=0)
    if len(values) != len(inside) or len(values) != len(items) or ((sizes == 0) | (sizes == len(values))).any():
        raise BadInput(
            say(
                "{n} values in groups of {sizes} among {queries} queries; give each group at least one query inside "
                "and one outside",
                n=len(values),
                sizes=sizes.tolist(),
                queries=len(inside),
            )
        )
    if len(set(items)) == len(items) and np.isin(values, (0, 1)).all():
        hits = values.astype(int)
        total, found = int(hits.sum()), hits @ inside
        return np.array([_exact_p(int(k), total, len(hits), int(size)) for k, size in zip(found, sizes)])
    most = min(permutations, max(FEWEST, _MOST_VALUES // len(values)))
    # Centred values have the sum 0, so the sum inside alone decides how far both means lie apart.
    centred = values - values.mean(dtype=np.float64).astype(np.float32)
    weights = inside.astype(np.float32) * (1 / sizes + 1 / (len(values) - sizes)).astype(np.float32)
    observed = np.abs(centred @ weights) - _ROUNDING
    beyond = np.zeros(inside.shape[1], int)
    for drawn in _permuted(centred, items, most, np.random.default_rng(seed)):
        beyond += np.count_nonzero(np.abs(drawn @ weights) >= observed, axis=0)
    return (1 + beyond) / (1 + most)


def _exact_p(found: int, hits: int, queries: int, size: int) -> float:
    """The share of all permutations that bring a group of this size as far from the rest as `found` hits do."""
    from scipy.stats import hypergeom

    law = hypergeom(queries, hits, size)
    expected = hits * size / queries
    apart = abs(found - expected) - _ROUNDING
    # Few hits: at most expected - apart; many hits: at least expected + apart.
    below, above = math.floor(expected - apart), math.ceil(expected + apart)
    return float(min(law.cdf(below) + law.sf(above - 1), 1.0))


def _permuted(
    values: np.ndarray, items: Sequence[str], permutations: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the permuted values in blocks of (permutations in the block, m)."""
    classes = _rows_by_count(items)
    step = max(1, _AT_ONCE // len(values))
    for start in range(0, permutations, step):
        many = min(step, permutations - start)
        drawn = np.empty((many, len(values)), np.float32)
        for rows in classes:
            order = np.tile(np.arange(len(rows), dtype=np.int32), (many, 1))
            blocks = values[rows][rng.permuted(order, axis=1)]
            if rows.shape[1] > 1:
                blocks = rng.permuted(blocks, axis=2)
            drawn[:, rows.ravel()] = blocks.reshape(many, -1)
        yield drawn


def _rows_by_count(items: Sequence[str]) -> list[np.ndarray]:
    """For each number k of queries that an item has: the rows (items with k queries, k)."""
    item = Strings.of(items).sorted_numbers()
    order, counts = np.argsort(item, kind="stable"), np.bincount(item)
    starts = np.cumsum(counts) - counts
    return [order[starts[counts == k][:, None] + np.arange(k)] for k in np.unique(counts)]
