"""Clusters of a map's points."""

from __future__ import annotations

import numpy as np

_MOST = 10
"""Most clusters; our choice: a map has ten colours that can be told apart."""


def clusters_of(points: np.ndarray, *, count: int | None = None, seed: int = 0) -> np.ndarray:
    """Return the cluster of each point (n, d) by k-means (Lloyd 1982): (n,) ints from 0, the largest cluster first.

    Without a `count` there are sqrt(n / 2) clusters, a rule of thumb of Mardia et al. (1979), at most ten.
    """
    from sklearn.cluster import KMeans

    n = len(points)
    many = count or int(np.clip(round((n / 2) ** 0.5), 1, _MOST))
    many = min(many, len(np.unique(points, axis=0))) if n else 0
    if many < 2:
        return np.zeros(n, int)
    found = KMeans(many, n_init=4, random_state=seed).fit_predict(points)
    order = np.argsort(-np.bincount(found, minlength=many), kind="stable")
    return np.argsort(order)[found]
