"""Faithfulness of a map: the share of neighbours on the map that are neighbours in the space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.projection.space import Space, checked_rows, space_of

K = 15
"""Neighbours compared. Chosen: about as many as in the graph that the map is made of."""
SAMPLE = 1000  # largest number of rows measured: the standard error of either number is about 0.005 or less
CHUNK = 512  # rows scored against all others at once
SCORES = 2**26  # scores held at once, 256 MiB: fewer rows at a time where there are more than 131,072


@dataclass(frozen=True)
class Quality:
    """`trustworthiness` (Venna & Kaski 2001; 1 is best, about 0.5 is a random map) and `neighbour_overlap`.

    The overlap is the share of the `k` nearest points on the map that are among the k nearest in the space. Both are
    means over `n` rows, all or a random sample, each compared with all other rows; NaN for a single row.
    """

    trustworthiness: float
    neighbour_overlap: float
    n: int
    k: int


def by_chance(n: int, k: int) -> tuple[float, float]:
    """Return the expected trustworthiness and neighbour overlap of a random map of `n` points at `k` neighbours.

    Each of the k neighbours then has a uniformly random rank from 1 to n - 1.
    """
    mean = (n - 1 - k) * (n - k) / (2 * (n - 1))
    worst = (2 * n - 3 * k - 1) / 2
    return (1 - mean / worst if worst > 0 else 1.0), k / (n - 1)


def map_quality(vectors: np.ndarray, coordinates: np.ndarray, *, metric: str = "cosine", seed: int = 0) -> Quality:
    """Return the quality of a map `coordinates` (n, 2 or 3) of `vectors` (n, d). Raises BadInput for NaN."""
    return quality_in(space_of(checked_rows(vectors), metric), checked_rows(coordinates, "coordinates"), seed)


def quality_in(space: Space, coordinates: np.ndarray, seed: int = 0, sample: int = SAMPLE) -> Quality:
    """Return the quality for a prepared space, on at most `sample` random rows.

    A row as near as the k-th nearest counts as a neighbour.
    """
    n = len(space)
    if n < 2:
        return Quality(float("nan"), float("nan"), 0, 0)
    k = min(K, max(1, (n - 1) // 2))
    rows = np.arange(n)
    if n > sample:
        rows = np.sort(np.random.default_rng(seed).choice(n, sample, replace=False))
    ranks = 1 + _nearer(space, rows, _map_neighbours(coordinates, rows, k))
    worst = len(rows) * k * (2 * n - 3 * k - 1) / 2  # all neighbours on the map are the farthest rows in the space
    misplaced = np.maximum(ranks - k, 0).sum(dtype=np.int64)
    trust = 1.0 if worst <= 0 else 1 - float(misplaced) / worst
    return Quality(trust, float((ranks <= k).mean()), len(rows), k)


def _map_neighbours(coordinates: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    """Return the `k` nearest other points (r, k) on the map for each of `rows`."""
    from scipy.spatial import KDTree

    found = np.atleast_2d(KDTree(coordinates, balanced_tree=False).query(coordinates[rows], k + 1)[1])
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True  # more than k points at the same place: drop the last instead of the row itself
    return found[~own].reshape(len(rows), k)


def _nearer(space: Space, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how many rows are strictly nearer in the space than each of `others` (r, k), beyond rounding."""
    from mmalign_core.projection.kernels import count_nearer
    from mmalign_core.scoring.kernels import on_all_cores

    nearer = np.zeros(others.shape, np.int32)
    chunk = max(1, min(CHUNK, SCORES // len(space)))
    for at in range(0, len(rows), chunk):
        part = slice(at, at + chunk)
        scores = space.left[rows[part]] @ space.right.T
        rounding = np.float32(1e-6 * max(1.0, float(np.abs(scores).max())))
        given = (scores, rows[part], others[part], rounding, nearer[part])
        on_all_cores(len(scores), lambda lo, hi, given=given: count_nearer(*given, lo, hi))
    return nearer
