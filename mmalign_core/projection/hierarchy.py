"""Clusters of a map's points at several levels, by their density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from mmalign_core.progress import within
from mmalign_core.types import Progress, no_progress

SAMPLE = 10_000
"""Points that are clustered; the others follow. Measured: half a second of processor time a level, two at 20,000."""
SHARES = (0.05, 0.015, 0.005)
"""Share of the points that a cluster holds at least, a level each. Chosen: on maps of 50,000 pictures and 50,000 made
vectors these give about 7, 20 and 50 clusters."""
SMALLEST = 10  # points of a cluster at least; chosen: fewer share a keyword by chance
CORE = 10  # points within reach of a dense one (min_samples of HDBSCAN); chosen: 5 made names of loose threads
FEWEST = 40  # points that are clustered at all: as many as the clusters of items ask for


@dataclass(frozen=True)
class DensityLevel:
    """`numbers` (n,) int32: the cluster of each point, from 1 by falling size, 0 for none.

    `places` (c, 2 or 3) float32: a point in the middle of each cluster. `sizes` (c,): points of each cluster.
    """

    numbers: np.ndarray
    places: np.ndarray
    sizes: np.ndarray


def density_levels(
    coordinates: np.ndarray, *, seed: int = 0, progress: Progress = no_progress
) -> tuple[DensityLevel, ...]:
    """Return the clusters of points `coordinates` (n, 2 or 3), a level for each of SHARES, few large clusters first.

    The leaves of HDBSCAN's tree (Campello et al. 2013) on at most SAMPLE random points; every other point follows the
    sampled point nearest to it. A cluster lies in one cluster of the level before or in none. A level that has no more
    clusters than the one before is left out; fewer than 40 points have no level. Same seed, same levels.
    """
    from scipy.spatial import KDTree

    n = len(coordinates)
    if n < FEWEST:
        return ()
    sample = np.sort(np.random.default_rng(seed).permutation(n)[:SAMPLE])
    points = np.asarray(coordinates[sample], np.float64)
    progress(0.0, "finding groups on the map")
    tree = KDTree(points, balanced_tree=False)
    nearest = np.asarray(tree.query(coordinates, workers=1)[1]) if n > SAMPLE else np.arange(n)
    levels: list[DensityLevel] = []
    for done, share in enumerate(SHARES):
        level = _level(points, nearest, share, within(progress, done / len(SHARES), (done + 1) / len(SHARES)))
        if len(level.sizes) > (len(levels[-1].sizes) if levels else 1):
            levels.append(level)
    return tuple(levels)


def _level(points: np.ndarray, nearest: np.ndarray, share: float, progress: Progress) -> DensityLevel:
    from sklearn.cluster import HDBSCAN

    smallest = max(SMALLEST, int(share * len(points)))
    own = cast(Any, True)  # its default is a text, so pyright expects one
    model = HDBSCAN(min_cluster_size=smallest, min_samples=CORE, cluster_selection_method="leaf", copy=own)
    found = np.asarray(model.fit(points).labels_)
    progress(1.0, "finding groups on the map")
    followed = found[nearest]
    sizes = np.bincount(followed[followed >= 0], minlength=int(found.max(initial=-1)) + 1)
    order = np.argsort(-sizes, kind="stable")
    number = np.zeros(len(sizes) + 1, np.int32)  # the last is that of points in no cluster
    number[order] = np.arange(1, len(order) + 1)
    places = np.array([_middle(points[found == name]) for name in order], np.float32).reshape(-1, points.shape[1])
    return DensityLevel(number[followed], places, sizes[order])


def _middle(points: np.ndarray) -> np.ndarray:
    """Return the point nearest to the median: the median itself can lie in the gap of a bent cluster."""
    return points[np.linalg.norm(points - np.median(points, axis=0), axis=1).argmin()]
