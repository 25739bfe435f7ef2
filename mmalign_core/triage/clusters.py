"""Clusters of the items in the shared space: k-means in few dimensions, with a number of clusters chosen by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

COUNTS = (4, 6, 8, 10, 12, 16, 20)
"""Numbers of clusters that are tried; our choice: more than 20 slices of one kind nobody reads."""
SMALLEST_MEAN = 10
"""Items that a cluster must hold on average: the fewest of a slice."""
_DIMENSIONS = 8
"""Principal components that are clustered. Measured over three seeds: on the drawings 8 of them give clusters that
agree by .87 (adjusted Rand index), all 512 dimensions by .45; the ten classes of sounds are found by either."""
_STARTS = 10
"""Starts of k-means, of which the best is taken: the number that scikit-learn long had as its default."""
_FITTED, _SILHOUETTES = 20_000, 2_000
"""Items that the clusters are fitted on, and items that their separation is measured on; our choice, some seconds."""


@dataclass(frozen=True)
class Clusters:
    """`number` (n,) of each of the items, from 1, the largest cluster first. `separation`: mean silhouette, -1..1."""

    items: tuple[str, ...]
    number: np.ndarray
    separation: float

    @property
    def count(self) -> int:
        """How many clusters there are; 0 where there were too few items."""
        return int(self.number.max(initial=0))

    def by_item(self) -> dict[str, int]:
        """Item -> the number of its cluster."""
        return dict(zip(self.items, self.number.tolist()))


def cluster_items(space: Mapping[str, EmbeddingSet], *, seed: int = 0) -> Clusters:
    """Cluster the items that hold every modality of the space, each at the mean of its modalities.

    Each modality is centred first, so that the gap between modalities makes no clusters. The number of clusters is
    that with the largest mean silhouette (Rousseeuw 1987). The result depends on the vectors and the seed alone. Fewer
    than 40 items give no clusters.
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.metrics import silhouette_score

    items, places = _item_places(space)
    counts = [k for k in COUNTS if len(items) >= k * SMALLEST_MEAN]
    if not counts or not np.ptp(places, axis=0).any():
        return Clusters((), np.zeros(0, int), 0.0)
    rng = np.random.default_rng(seed)
    fitted = np.sort(rng.permutation(len(items))[:_FITTED])
    dimensions = min(_DIMENSIONS, *places.shape)
    reduced = PCA(dimensions, svd_solver="covariance_eigh").fit(places[fitted]).transform(places)
    reduced = unit_rows(reduced.astype(np.float32)).astype(float)
    best: tuple[float, np.ndarray] | None = None
    for k in counts:
        if len(np.unique(reduced[fitted].round(6), axis=0)) < k:
            break
        model = KMeans(k, random_state=seed).set_params(n_init=_STARTS).fit(reduced[fitted])
        found, sample = model.labels_, min(_SILHOUETTES, len(fitted))
        score = float(silhouette_score(reduced[fitted], found, sample_size=sample, random_state=seed))
        if best is None or score > best[0]:
            best = score, np.asarray(model.predict(reduced))
    if best is None:
        return Clusters((), np.zeros(0, int), 0.0)
    return Clusters(items, _largest_first(best[1]), best[0])


def _item_places(space: Mapping[str, EmbeddingSet]) -> tuple[tuple[str, ...], np.ndarray]:
    """The items with every modality, sorted, and the unit mean (n, d) of their centred modalities."""
    common = sorted(set[str].intersection(*(set(rows.ids) for rows in space.values())) if space else set[str]())
    if not common:
        return (), np.zeros((0, 0))
    place = {item: number for number, item in enumerate(common)}
    total = np.zeros((len(common), next(iter(space.values())).vectors.shape[1]), np.float32)
    for rows in space.values():
        kept = [row for row, item in enumerate(rows.ids) if item in place]
        units = unit_rows(rows.vectors[kept])
        own = np.zeros_like(total)
        np.add.at(own, [place[rows.ids[row]] for row in kept], units - units.mean(axis=0))
        total += unit_rows(own)
    return tuple(common), unit_rows(total)


def _largest_first(labels: np.ndarray) -> np.ndarray:
    """The labels (n,) as numbers from 1 by falling size; of equally large ones that with the first item comes first."""
    names, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = names[np.lexsort((first, -sizes))]
    number = np.zeros(int(names.max()) + 1, int)
    number[order] = np.arange(1, len(order) + 1)
    return number[labels]
