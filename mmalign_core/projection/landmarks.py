"""A first map of many rows: a sample is laid out exactly, and every other row lies beside its nearest landmark."""

from __future__ import annotations

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.layout import exact_layout
from mmalign_core.projection.space import Space
from mmalign_core.types import Progress

WORK = 2e11  # multiplications to find each row's landmark: about three seconds of two cores
FEWEST, MOST = 1000, 10_000
"""Landmarks. Chosen: 1,000 still show the groups; 10,000 are laid out in about three seconds."""
SPREAD = 0.4  # of the distance between landmarks: rows around neighbouring landmarks then touch; chosen by eye
NEAR = 3  # landmarks whose mean distance on the map is the distance between landmarks
BLOCK = 4096  # rows scored against all landmarks at once


def landmark_count(n: int, d: int) -> int:
    """Return the number of landmarks for `n` rows of `d` dimensions; fewer for more rows, so that the time is equal."""
    return min(n, int(np.clip(WORK / (n * d), FEWEST, MOST)))


def landmark_map(
    space: Space, dimensions: int, n_neighbors: int, min_dist: float, seed: int, progress: Progress
) -> np.ndarray:
    """Return positions (n, dimensions) float32 of all rows by those of random landmarks.

    The landmarks are laid out from their exact neighbour graph. Each row gets a random place around the landmark
    nearest to it, about as far away as half of the way to the next landmarks.
    """
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(space), landmark_count(len(space), space.rows.shape[1]), replace=False))
    drawn = exact_layout(space.part(chosen), dimensions, n_neighbors, min_dist, seed, within(progress, 0.0, 0.5))
    nearest = _nearest(space, chosen, within(progress, 0.5, 1.0))
    spacing = _spacing(drawn)
    noise = rng.standard_normal((len(space), dimensions), dtype=np.float32)
    noise[chosen] = 0
    return drawn[nearest] + np.float32(SPREAD) * spacing[nearest, None] * noise


def _nearest(space: Space, chosen: np.ndarray, progress: Progress) -> np.ndarray:
    """Return the number (n,) of each row's nearest landmark."""
    from mmalign_core.scoring.kernels import on_all_cores

    others = np.ascontiguousarray(space.right[chosen])
    nearest = np.empty(len(space), np.int64)
    for at in range(0, len(space), BLOCK):
        scores = space.left[at : at + BLOCK] @ others.T
        part = nearest[at : at + BLOCK]
        on_all_cores(len(part), lambda lo, hi, s=scores, p=part: np.argmax(s[lo:hi], axis=1, out=p[lo:hi]))
        progress((at + len(part)) / len(space), "placing all rows beside landmarks")
    nearest[chosen] = np.arange(len(chosen))
    return nearest


def _spacing(positions: np.ndarray) -> np.ndarray:
    """Return the mean distance (m,) float32 of each landmark to the next ones on the map."""
    from scipy.spatial import KDTree

    near = min(NEAR, len(positions) - 1)
    return KDTree(positions).query(positions, near + 1)[0][:, 1:].mean(axis=1).astype(np.float32)
