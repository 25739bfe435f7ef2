"""Maps by UMAP: neighbour graph, start, layout and quality, or the layout of umap-learn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.approximate import Neighbours
from mmalign_core.projection.large import EXACT_ROWS, large_map
from mmalign_core.projection.layout import epoch_count, exact_layout
from mmalign_core.projection.quality import SAMPLE, by_chance, quality_in
from mmalign_core.projection.space import checked_rows, space_of
from mmalign_core.types import BadInput, Progress, frozen_array, no_progress

ENGINES = ("mmalign", "umap-learn")
STATE_SAMPLE = 250
"""Rows that the quality of a map in between is measured on. The final map is measured on four times as many."""


@dataclass(frozen=True)
class Projection:
    """A map: `coordinates` (n, 2 or 3) float32, read-only; row i belongs to row i of the vectors.

    `trustworthiness` and `neighbour_overlap` (see Quality) are means over `quality_n` rows at `quality_k` neighbours.
    `params`: the parameters of `project`. `seconds`: total wall time. `place` adds other rows to the map.
    `neighbours_found`: the share of true neighbours in the graph that the map is made of, on `neighbours_n` sampled
    rows; 1.0 and 0 for an exact graph, None for a map of landmarks, which has no graph yet. `done`: 1.0, or the share
    of the work after which this whole map was shown.
    """

    coordinates: np.ndarray
    params: Mapping[str, Any]
    seed: int
    trustworthiness: float
    neighbour_overlap: float
    quality_n: int
    quality_k: int
    seconds: float
    neighbours_found: float | None = 1.0
    neighbours_n: int = 0
    done: float = 1.0

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
    def graph_words(self) -> str:
        """Say in words how complete the graph is that the map is made of."""
        if self.neighbours_found is None:
            return "neighbours not yet sought"
        if not self.neighbours_n:
            return "neighbours exact"
        return f"neighbours found: {self.neighbours_found:.0%} of {self.neighbours_n:,} sampled"

    @property
    def dimensions(self) -> int:
        """2 or 3."""
        return self.coordinates.shape[1]


OnState = Callable[[Projection], None]
"""Called with each map that can be shown: every row has a position, and the quality is measured."""


def no_state(state: Projection) -> None:
    """The default `OnState`: ignore the map."""


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
    on_state: OnState = no_state,
) -> Projection:
    """Return the map of `vectors` (n, d) by UMAP (McInnes et al. 2018).

    Up to 20,000 rows the neighbour graph is exact. Beyond, it is approximate (see `approximate_neighbours`), and
    `on_state` gets whole maps while the work goes on: first one of landmarks, then the layout at some of its epochs,
    each with its quality and `done`. The last state is the returned map, at any size. `progress` may raise `Cancelled`
    to stop; the caller then keeps the last state. Both are called in the calling thread.

    The same vectors, parameters and seed give the same coordinates on the same machine. `n_neighbors` counts the row
    itself, as in umap-learn, and is at most n. `metric`: cosine or euclidean. `engine` umap-learn draws the map with
    that package (slow at first), for comparison.
    Raises BadInput for NaN, no rows, or a parameter out of range.
    """
    began = time.perf_counter()
    _check(dimensions, n_neighbors, min_dist, engine, seed)
    rows = checked_rows(vectors)
    if not len(rows):
        raise BadInput("there is nothing to map: the table of vectors has no rows")
    space = space_of(rows, metric)
    params = {"dimensions": dimensions, "n_neighbors": n_neighbors, "min_dist": min_dist, "metric": metric}
    params |= {"engine": engine, "epochs": epoch_count(len(rows))}

    def map_of(positions: np.ndarray, done: float, graph: Neighbours | None) -> Projection:
        found = (graph.found, graph.sampled) if graph else (1.0 if done == 1.0 else None, 0)
        sample = SAMPLE if done == 1.0 else STATE_SAMPLE
        quality = quality_in(space, positions, seed, sample)
        measured = (quality.trustworthiness, quality.neighbour_overlap, quality.n, quality.k)
        seconds = time.perf_counter() - began
        return Projection(frozen_array(positions), params, seed, *measured, seconds, *found, done)

    shape = (dimensions, n_neighbors, min_dist, seed)
    drawing = within(progress, 0.0, 0.95)
    graph: Neighbours | None = None
    if engine == "umap-learn":
        positions = _umap_learn_layout(rows, space, *shape, drawing)
    elif len(rows) <= EXACT_ROWS:
        positions = exact_layout(space, *shape, drawing)
    else:
        positions, graph = large_map(space, *shape, lambda *state: on_state(map_of(*state)), drawing)
    made = map_of(positions, 1.0, graph)
    on_state(made)
    progress(1.0, "map ready")
    return made


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


def _umap_learn_layout(rows, space, dimensions, n_neighbors, min_dist, seed, progress) -> np.ndarray:
    n = len(rows)
    if n <= dimensions + 2:
        raise BadInput(f"engine umap-learn needs more than {dimensions + 2} rows; got {n}. Use engine mmalign")
    progress(0.0, "umap-learn is running; it reports no progress")
    import umap

    chosen = {"n_neighbors": min(n_neighbors, n - 1), "min_dist": min_dist, "metric": space.metric}
    fitted = umap.UMAP(n_components=dimensions, random_state=seed, n_jobs=1, **chosen).fit_transform(rows)
    return np.asarray(fitted, dtype=np.float32)
