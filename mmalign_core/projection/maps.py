"""Maps by UMAP: neighbour graph, start, layout and quality, or the layout of umap-learn."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.graph import memberships, nearest_neighbours, symmetric_graph
from mmalign_core.projection.layout import epoch_count, lay_out, start_positions
from mmalign_core.projection.quality import by_chance, quality_in
from mmalign_core.projection.space import checked_rows, space_of
from mmalign_core.types import BadInput, Progress, frozen_array, no_progress

ENGINES = ("mmalign", "umap-learn")


@dataclass(frozen=True)
class Projection:
    """A map: `coordinates` (n, 2 or 3) float32, read-only; row i belongs to row i of the vectors.

    `trustworthiness` and `neighbour_overlap` (see Quality) are means over `quality_n` rows at `quality_k` neighbours.
    `params`: the parameters of `project`. `seconds`: total wall time. `place` adds other rows to the map.
    """

    coordinates: np.ndarray
    params: Mapping[str, Any]
    seed: int
    trustworthiness: float
    neighbour_overlap: float
    quality_n: int
    quality_k: int
    seconds: float

    @property
    def by_chance(self) -> tuple[float, float]:
        """Return the expected trustworthiness and neighbour overlap of a random map with as many points."""
        return by_chance(len(self.coordinates), self.quality_k)

    @property
    def better_than_chance(self) -> bool:
        """Whether the map keeps more neighbours than a random map, by three standard errors of that share."""
        expected = self.by_chance[1]
        error = (expected * (1 - expected) / (self.quality_n * self.quality_k)) ** 0.5
        return self.neighbour_overlap > expected + 3 * error

    @property
    def dimensions(self) -> int:
        """2 or 3."""
        return self.coordinates.shape[1]


def project(
    vectors: np.ndarray,
    *,
    dimensions: int = 2,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    metric: str = "cosine",
    seed: int = 0,
    engine: str = "mmalign",
    progress: Progress = no_progress,
) -> Projection:
    """Return the map of `vectors` (n, d) by UMAP (McInnes et al. 2018) from their exact neighbour graph.

    The same vectors, parameters and seed give the same coordinates on the same machine. `n_neighbors` counts the row
    itself, as in umap-learn, and is at most n. `metric`: cosine or euclidean. `engine` umap-learn draws the map with
    that package (slow at first), for comparison. `progress` may raise `Cancelled` to stop.
    Raises BadInput for NaN, no rows, or a parameter out of range.
    """
    began = time.perf_counter()
    _check(dimensions, n_neighbors, min_dist, engine, seed)
    rows = checked_rows(vectors)
    if not len(rows):
        raise BadInput("there is nothing to map: the table of vectors has no rows")
    space = space_of(rows, metric)
    draw = _own_layout if engine == "mmalign" else _umap_learn_layout
    coordinates = draw(rows, space, dimensions, n_neighbors, min_dist, seed, progress)
    quality = quality_in(space, coordinates, seed)
    progress(1.0, "map ready")
    params = {"dimensions": dimensions, "n_neighbors": n_neighbors, "min_dist": min_dist, "metric": metric}
    params |= {"engine": engine, "epochs": epoch_count(len(rows))}
    measured = (quality.trustworthiness, quality.neighbour_overlap, quality.n, quality.k)
    return Projection(frozen_array(coordinates), params, seed, *measured, time.perf_counter() - began)


def _check(dimensions: int, n_neighbors: int, min_dist: float, engine: str, seed: int) -> None:
    if dimensions not in (2, 3):
        raise BadInput(f"a map has 2 or 3 dimensions; got {dimensions}")
    if n_neighbors < 2:
        raise BadInput(f"n_neighbors must be at least 2 (the row itself counts); got {n_neighbors}")
    if not 0 <= min_dist <= 1:
        raise BadInput(f"min_dist must lie in 0..1; got {min_dist}")
    if seed < 0:
        raise BadInput(f"the seed is {seed}; give a whole number from 0")
    if engine not in ENGINES:
        raise BadInput(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")


def _own_layout(rows, space, dimensions, n_neighbors, min_dist, seed, progress) -> np.ndarray:
    n = len(rows)
    if n == 1:
        return np.zeros((1, dimensions), np.float32)
    k = min(n_neighbors, n) - 1
    neighbours, distances = nearest_neighbours(space, k, within(progress, 0.0, 0.5))
    graph = symmetric_graph(neighbours, memberships(distances, k + 1))
    start = start_positions(space.rows, graph, dimensions, np.random.default_rng(seed))
    return lay_out(graph, start, min_dist, seed, within(progress, 0.5, 0.95))


def _umap_learn_layout(rows, space, dimensions, n_neighbors, min_dist, seed, progress) -> np.ndarray:
    n = len(rows)
    if n <= dimensions + 2:
        raise BadInput(f"engine umap-learn needs more than {dimensions + 2} rows; got {n}. Use engine mmalign")
    progress(0.0, "umap-learn is running; it reports no progress")
    import umap

    chosen = {"n_neighbors": min(n_neighbors, n - 1), "min_dist": min_dist, "metric": space.metric}
    fitted = umap.UMAP(n_components=dimensions, random_state=seed, n_jobs=1, **chosen).fit_transform(rows)
    return np.asarray(fitted, dtype=np.float32)
