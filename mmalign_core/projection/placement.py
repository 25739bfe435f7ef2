"""Placement of new rows on an existing map. The points of the map do not move."""

from __future__ import annotations

import numpy as np

from mmalign_core.projection.graph import memberships
from mmalign_core.projection.layout import curve
from mmalign_core.projection.maps import Projection
from mmalign_core.projection.space import Space, checked_rows, space_of
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import BadInput

OWN_SHARE = 0.1  # of the way to the mean of its neighbours, so that a new point does not cover a fitted one


def place(projection: Projection, fitted_vectors: np.ndarray, new_vectors: np.ndarray) -> np.ndarray:
    """Return coordinates (m, 2 or 3) float32 for `new_vectors` (m, d) on the map of `fitted_vectors` (n, d).

    Each new row gets a place beside one of its nearest fitted rows: the one that fits best among the others on the
    map, by UMAP's edge weights and curve. A mean of all would mislead, because it can lie in the gap between two
    groups. A row equal to a fitted one gets the same place. Each row is placed independently of the other new rows.
    Raises BadInput for NaN or for shapes that do not match.
    """
    fitted, new = checked_rows(fitted_vectors, "fitted vectors"), checked_rows(new_vectors, "new vectors")
    if len(fitted) != len(projection.coordinates):
        raise BadInput(f"the map has {len(projection.coordinates)} points but {len(fitted)} fitted vectors were given")
    if fitted.shape[1] != new.shape[1]:
        raise BadInput(f"new vectors have {new.shape[1]} dimensions, the map was drawn of {fitted.shape[1]}")
    if not len(new):
        return np.empty((0, projection.dimensions), np.float32)
    space = space_of(fitted, projection.params["metric"])
    k = min(int(projection.params["n_neighbors"]), len(fitted))
    near, distances = _nearest(space, new, k)
    weights = memberships(distances, max(k, 2))
    same = distances <= 1e-6
    weights = np.where(same.any(axis=1, keepdims=True), same, weights).astype(np.float32)
    return _among(projection.coordinates[near], weights, projection.params["min_dist"])


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
