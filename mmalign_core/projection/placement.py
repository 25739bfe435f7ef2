"""Placement of new rows on an existing map. The points of the map do not move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.projection.graph import memberships
from mmalign_core.projection.layout import curve
from mmalign_core.projection.maps import Projection
from mmalign_core.projection.space import Space, checked_rows, space_of
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import BadInput

OWN_SHARE = 0.1  # of the way to the mean of its neighbours, so that a new point does not cover a fitted one


@dataclass(frozen=True)
class Placer:
    """Places new rows on a finished map. `of` prepares it once for each map, so that a few rows are placed at once.

    It holds one float32 copy of the fitted vectors. Placing one row among a million of 64 dimensions takes 60 ms of
    processor time.
    """

    projection: Projection
    space: Space

    @classmethod
    def of(cls, projection: Projection, fitted_vectors: np.ndarray) -> Placer:
        """Return the placer of `fitted_vectors` (n, d), whose map it is. Raises BadInput for NaN or another n."""
        fitted = checked_rows(fitted_vectors, "fitted vectors")
        if len(fitted) != len(projection.coordinates):
            points = len(projection.coordinates)
            raise BadInput(f"the map has {points} points but {len(fitted)} fitted vectors were given")
        return cls(projection, space_of(fitted, projection.params["metric"]))

    def place(self, new_vectors: np.ndarray) -> np.ndarray:
        """Return coordinates (m, 2 or 3) float32 for `new_vectors` (m, d).

        Each new row gets a place beside one of its nearest fitted rows: the one that fits best among the others on
        the map, by UMAP's edge weights and curve. A mean of all would mislead, because it can lie in the gap between
        two groups. A row equal to a fitted one gets the same place. Each row is placed independently of the others.
        Raises BadInput for NaN or another d.
        """
        new, width = checked_rows(new_vectors, "new vectors"), self.space.rows.shape[1]
        if width != new.shape[1]:
            raise BadInput(f"new vectors have {new.shape[1]} dimensions, the map was drawn of {width}")
        if not len(new):
            return np.empty((0, self.projection.dimensions), np.float32)
        params = self.projection.params
        k = min(int(params["n_neighbors"]), len(self.space))
        near, distances = _nearest(self.space, new, k)
        weights = memberships(distances, max(k, 2))
        same = distances <= 1e-6
        weights = np.where(same.any(axis=1, keepdims=True), same, weights).astype(np.float32)
        return _among(self.projection.coordinates[near], weights, params["min_dist"])


def place(projection: Projection, fitted_vectors: np.ndarray, new_vectors: np.ndarray) -> np.ndarray:
    """Return coordinates (m, 2 or 3) float32 for `new_vectors` (m, d) on the map of `fitted_vectors` (n, d).

    See `Placer`, which is faster where rows are placed again and again.
    """
    return Placer.of(projection, fitted_vectors).place(new_vectors)


def _nearest(space: Space, new: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    queries = space.queries(new)
    scores, near = top_k(queries, space.right, k)
    return space.sorted_distances(queries, near, scores)


def _among(points: np.ndarray, weights: np.ndarray, min_dist: float) -> np.ndarray:
    """Return one position (m, dims) among `points` (m, k, dims) with `weights` (m, k)."""
    a, b = curve(min_dist)
    squared = ((points[:, :, None] - points[:, None]) ** 2).sum(axis=-1)
    company = (weights[:, None, :] / (1 + a * squared**b)).sum(axis=-1)
    centre = np.argmax(np.where(weights > 0, company, -1), axis=1)
    chosen = points[np.arange(len(points)), centre]
    pulls = weights / (1 + a * squared[np.arange(len(points)), centre] ** b)
    mean = np.einsum("mk,mkd->md", pulls / pulls.sum(axis=1, keepdims=True), points)
    return (chosen + OWN_SHARE * (mean - chosen)).astype(np.float32)
