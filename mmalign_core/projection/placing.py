"""Places new rows on a map that is already drawn, without moving a point of it."""

from __future__ import annotations

import numpy as np

from mmalign_core.projection.fuzzy import memberships
from mmalign_core.projection.maps import Projection
from mmalign_core.projection.space import Space, checked_rows, space_of
from mmalign_core.types import BadInput

CHUNK = 512


def place(projection: Projection, fitted_vectors: np.ndarray, new_vectors: np.ndarray) -> np.ndarray:
    """Coordinates (m, 2 or 3) float32 for `new_vectors` (m, d) on the map drawn of `fitted_vectors` (n, d).

    Each new row lies at the mean of its nearest fitted rows, weighted by UMAP's membership strengths; a row equal to
    a fitted one lies on its point. Raises BadInput for NaN or where the shapes do not belong together.
    """
    fitted, new = checked_rows(fitted_vectors, "fitted vectors"), checked_rows(new_vectors, "new vectors")
    if len(fitted) != len(projection.coordinates):
        raise BadInput(f"the map has {len(projection.coordinates)} points but {len(fitted)} fitted vectors were given")
    if fitted.shape[1] != new.shape[1]:
        raise BadInput(f"new vectors have {new.shape[1]} dimensions, the map was drawn of {fitted.shape[1]}")
    space = space_of(fitted, projection.params["metric"])
    k = min(int(projection.params["n_neighbors"]), len(fitted))
    parts = [_place_some(projection, space, new[at : at + CHUNK], k) for at in range(0, len(new), CHUNK)]
    return np.concatenate([np.empty((0, projection.dimensions), np.float32), *parts])


def _place_some(projection: Projection, space: Space, new: np.ndarray, k: int) -> np.ndarray:
    queries = space.queries(new)
    scores = queries @ space.right.T
    near = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    near, distances = space.sorted_distances(queries, near, np.take_along_axis(scores, near, axis=1))
    weights = memberships(distances, max(k, 2))
    same = distances <= 1e-6
    weights = np.where(same.any(axis=1, keepdims=True), same, weights)
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.einsum("mk,mkd->md", weights, projection.coordinates[near]).astype(np.float32)
