"""Maps of many rows as a sequence of whole maps: landmarks first, then the layout of the approximate graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.approximate import Neighbours, approximate_neighbours
from mmalign_core.projection.graph import memberships, symmetric_graph
from mmalign_core.projection.landmarks import landmark_map
from mmalign_core.projection.layout import FROM_MAP, REACH, epoch_count, lay_out
from mmalign_core.projection.space import Space
from mmalign_core.types import Progress

EXACT_ROWS = 20_000
"""Rows up to which the graph is exact. At 50,000 x 128 the exact graph took 14.2 s of processor time, the inverted
file 3.2 s; up to 20,000 either takes at most two seconds, and an exact graph needs no measuring."""
SHOWN = (0.1, 0.25, 0.5)
"""Shares of the epochs after which the map is shown. Chosen: groups form in the first epochs."""
REPULSION, WIDER = 64.0, 6.0
"""Strength of the repulsion, and least width of the map over that of a small one. UMAP's repulsion makes maps of one
size whatever the number of points: at 80,000 x 32 the 15 nearest then lie within half of `min_dist`, where nothing
orders them, and the finished map was worse than that of its landmarks (trustworthiness .959 and neighbour overlap .154;
landmarks .968 and .194). With these it is better than either (.977 and .195)."""
ROWS = 32_768  # rows whose weights a core computes between two reports of progress: half a second

Shown = Callable[[np.ndarray, float, Neighbours | None], None]
"""Called with positions (n, dimensions) of a whole map, the share of the work done, and the graph once it is there."""


def large_map(
    space: Space, dimensions: int, n_neighbors: int, min_dist: float, seed: int, shown: Shown, progress: Progress
) -> tuple[np.ndarray, Neighbours]:
    """Return positions (n, dimensions) float32 of all rows and the graph that they were laid out by.

    `shown` gets the maps in between. The layout starts at the map of landmarks, so groups stay where they were.
    """
    first = _spread(landmark_map(space, dimensions, n_neighbors, min_dist, seed, within(progress, 0.0, 0.1)))
    shown(first, 0.1, None)
    k = min(n_neighbors, len(space)) - 1
    found = approximate_neighbours(space, k, seed, within(progress, 0.1, 0.45))
    order = _along_curve(first)
    weights = _weights(found.distances, k + 1, within(progress, 0.45, 0.47))
    graph = symmetric_graph(_renumbered(found.rows, order), weights[order], within(progress, 0.47, 0.5))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    epochs = epoch_count(len(order))
    stops = {int(share * epochs) for share in SHOWN}

    def watch(epoch: int, positions: np.ndarray) -> None:
        if epoch in stops:
            shown(positions[place], 0.5 + 0.5 * epoch / epochs, found)

    drawing = within(progress, 0.5, 1.0)
    return lay_out(graph, first[order], min_dist, seed, drawing, FROM_MAP, watch, REPULSION)[place], found


def _weights(distances: np.ndarray, n_neighbors: int, progress: Progress) -> np.ndarray:
    """Return `memberships`, computed for blocks of rows side by side."""
    from mmalign_core.scoring.kernels import core_count, on_all_cores

    weights, step = np.empty_like(distances), ROWS * core_count()
    for at in range(0, len(distances), step):
        progress(at / len(distances), "weighing neighbours")
        some, found = distances[at : at + step], weights[at : at + step]

        def weigh(lo: int, hi: int, some: np.ndarray = some, found: np.ndarray = found) -> None:
            found[lo:hi] = memberships(some[lo:hi], n_neighbors)

        on_all_cores(len(some), weigh)
    return weights


def _renumbered(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the neighbours (n, k) of the rows in `order` (n,), numbered by their place in it."""
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place[rows[order]]


def _spread(positions: np.ndarray) -> np.ndarray:
    """Return the positions around 0, within a square that grows with the number of points."""
    reach = REACH * max(WIDER, (len(positions) / EXACT_ROWS) ** 0.5)
    centred = positions - positions.mean(axis=0)
    return (centred * (reach / max(float(np.abs(centred).max()), 1e-6))).astype(np.float32)


def _along_curve(positions: np.ndarray) -> np.ndarray:
    """Return an order (n,) of the points along a Z curve, so that points near on the map lie near in memory.

    The layout then took 40 s of processor time instead of 50 at 200,000 points.
    """
    low, high = positions.min(axis=0), positions.max(axis=0)
    cells = ((positions - low) / max(float((high - low).max()), 1e-6) * 65_535).astype(np.uint64)
    code = np.zeros(len(positions), np.uint64)
    for bit in range(16):
        for axis in range(positions.shape[1]):
            code |= ((cells[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(bit * positions.shape[1] + axis)
    return np.argsort(code, kind="stable")
