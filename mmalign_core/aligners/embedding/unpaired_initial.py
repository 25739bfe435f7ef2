"""Initial rotations between two clouds of rows, from the shape of each alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mmalign_core.aligners.embedding.procrustes import nearest_orthonormal
from mmalign_core.aligners.embedding.unpaired_matching import cross_covariance, mutual_neighbours
from mmalign_core.aligners.embedding.unpaired_rows import sample
from mmalign_core.vectors import unit_rows

CLUSTERED_ROWS = 6000
"""Rows of either side that a start clusters. Chosen for time; every start draws other rows."""
ROWS_PER_CLUSTER = 4
"""Fewest rows per cluster on average. Chosen: the mean of fewer is hardly more stable than one row."""
ASSIGNMENTS = 20
"""Attempts at each quadratic assignment; the best is used. Chosen for time."""
PROFILED_ROWS = 4000
"""Rows of either side whose profiles are compared. Chosen for time, which grows with its square."""
PROFILE = 64
"""Quantiles in a row's profile. Chosen; Artetxe et al. 2018 compare all sorted similarities."""


def centroid_starts(
    left: np.ndarray, right: np.ndarray, clusters: int, count: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield `count` rotations (k, k) of left unit rows (n, k) onto right ones (m, k), each from its own clusters.

    Cluster centres of both sides are assigned to each other so that the similarities among them agree, and rotated
    onto each other (after Dar 2025, mini-vec2vec).
    """
    clusters = max(2, min(clusters, len(left) // ROWS_PER_CLUSTER, len(right) // ROWS_PER_CLUSTER))
    for _ in range(count):
        some, others = (spherical_k_means(sample(x, CLUSTERED_ROWS, rng), clusters, rng) for x in (left, right))
        yield nearest_orthonormal(some.T @ others[assign_clusters(some, others, rng)])


def spherical_k_means(rows: np.ndarray, clusters: int, rng: np.random.Generator, rounds: int = 20) -> np.ndarray:
    """Return the mean vectors (clusters, k) float64 of clusters of unit rows (n, k) by cosine; Dhillon & Modha 2001.

    Starts as k-means++ (Arthur & Vassilvitskii 2007). An empty cluster moves to the row farthest from its centre.
    """
    centres = _spread_rows(rows, clusters, rng)
    for _ in range(rounds):
        near = rows @ unit_rows(centres).T
        member = near.argmax(1)
        worst = np.argsort(near.max(1), kind="stable")
        empty = np.setdiff1d(np.arange(clusters), member)
        member[worst[: len(empty)]] = empty
        chosen = np.eye(clusters)[member]
        centres = chosen.T @ rows / np.maximum(chosen.sum(0), 1)[:, None]
    return centres


def _spread_rows(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    picked = [int(rng.integers(len(rows)))]
    far = np.full(len(rows), np.inf)
    for _ in range(count - 1):
        far = np.minimum(far, np.maximum(1 - rows @ rows[picked[-1]], 0)).astype(np.float64)
        total = far.sum()
        picked.append(int(rng.choice(len(rows), p=far / total) if total > 0 else rng.integers(len(rows))))
    return rows[picked].astype(np.float64)


def assign_clusters(some: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return for each of c centres (c, k) the number of its counterpart: the best of several quadratic assignments.

    Maximises Σᵢⱼ cos(sᵢ, sⱼ) cos(oₚ₍ᵢ₎, oₚ₍ⱼ₎) over permutations p by FAQ (Vogelstein et al. 2015).
    """
    from scipy.optimize import quadratic_assignment

    a, b = (unit_rows(x) @ unit_rows(x).T for x in (some, others))
    found = [
        quadratic_assignment(a, b, method="faq", options={"maximize": True, "P0": first, "rng": rng})
        for first in ("barycenter", *["randomized"] * (ASSIGNMENTS - 1))
    ]
    return max(found, key=lambda result: result.fun).col_ind


def profile_start(left: np.ndarray, right: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a rotation from rows with the same distribution of similarities to their own side (Artetxe et al. 2018).

    It finds rotated copies of the same items at once, even without clusters.
    """
    some, others = (sample(x, PROFILED_ROWS, rng) for x in (left, right))
    profiles = [_profiles(x) for x in (some, others)]
    centre = np.mean(np.concatenate(profiles), axis=0)
    found = mutual_neighbours(*(unit_rows(p - centre) for p in profiles))
    return nearest_orthonormal(cross_covariance(some, others, found.left, found.right))


def _profiles(rows: np.ndarray) -> np.ndarray:
    """Return (n, PROFILE): evenly spaced quantiles of each row's similarities, in units of their spread."""
    places = np.linspace(0, len(rows) - 1, PROFILE).round().astype(int)
    return np.concatenate([np.sort(rows[i : i + 512] @ rows.T, axis=1)[:, places] for i in range(0, len(rows), 512)])
