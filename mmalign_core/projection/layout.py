"""UMAP's layout: start positions, and epochs of attraction by neighbours and repulsion by random points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.graph import memberships, nearest_neighbours, symmetric_graph
from mmalign_core.projection.space import Space
from mmalign_core.types import Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def exact_layout(
    space: Space, dimensions: int, n_neighbors: int, min_dist: float, seed: int, progress: Progress
) -> np.ndarray:
    """Return positions (n, dimensions) float32 of the rows of `space`, laid out by their exact neighbour graph."""
    n = len(space)
    if n == 1:
        return np.zeros((1, dimensions), np.float32)
    k = min(n_neighbors, n) - 1
    neighbours, distances = nearest_neighbours(space, k, within(progress, 0.0, 0.5))
    graph = symmetric_graph(neighbours, memberships(distances, k + 1))
    start = start_positions(space.rows, graph, dimensions, np.random.default_rng(seed))
    return lay_out(graph, start, min_dist, seed, within(progress, 0.5, 1.0))


STEPS = 20
"""Number of times that the start positions are averaged with those of the neighbours. Chosen by eye."""
REACH = 10.0
"""Half the width of the start positions, as in umap-learn."""


def start_positions(rows: np.ndarray, graph: csr_matrix, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    """Return start positions (n, dimensions) float32, within about -10..10, for `rows` (n, d) with `graph` (n, n).

    They are principal coordinates, averaged with those of the neighbours for a few steps. Connected parts of the graph
    then start close together, at a small fraction of the cost of the eigenvectors that UMAP starts from. A little
    noise separates duplicates.
    """
    positions = principal_coordinates(rows, dimensions, rng)
    total = np.maximum(np.asarray(graph.sum(axis=1), np.float32).reshape(-1, 1), np.finfo(np.float32).tiny)
    for _ in range(STEPS):
        positions = (positions + (graph @ positions) / total) / 2
    positions = positions - positions.mean(axis=0)
    positions *= REACH / max(float(np.abs(positions).max(initial=0)), 1e-6)
    return (positions + rng.normal(scale=1e-4, size=positions.shape)).astype(np.float32)


def principal_coordinates(rows: np.ndarray, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    """Return coordinates (n, dimensions) float32 of `rows` (n, d) along their first principal axes.

    Axes beyond the rank are zero. Randomised subspace iteration (Halko et al. 2011): the cost is proportional to n·d.
    """
    centred = rows - rows.mean(axis=0)
    axes = rng.normal(size=(rows.shape[1], dimensions + 8)).astype(np.float32)
    for _ in range(6):
        axes = np.linalg.qr(centred.T @ (centred @ axes))[0]
    scores = centred @ axes
    turn = np.linalg.eigh(scores.T.astype(np.float64) @ scores)[1][:, ::-1]
    start = np.zeros((len(rows), dimensions), np.float32)
    known = min(dimensions, turn.shape[1])
    start[:, :known] = (scores @ turn)[:, :known]
    return start / max(float(np.abs(start).max(initial=0)), 1e-6)


PUSHES = 5  # random repelling points for each attraction (negative_sample_rate in umap-learn)


@dataclass(frozen=True)
class Pace:
    """How far points move: the rate of the first epoch, and the power of the share of epochs left in later rates."""

    rate: float
    decay: float


FROM_AXES = Pace(0.25, 1.5)
"""For starts along principal axes. A quarter of UMAP's rate, see `lay_out`; small rates, at which neighbours settle,
last longer than with a decay of 1."""
FROM_MAP = Pace(0.03, 1.0)
"""For starts at a map of landmarks. Measured at 50,000 x 128: the final map is as good as with `FROM_AXES` (neighbour
overlap .184), and the maps in between are better (.129 after 20 of 200 epochs instead of .040). At 200,000 x 128:
trustworthiness .962 and overlap .085, from the principal axes .958 and .081."""


def lay_out(
    graph: csr_matrix,
    start: np.ndarray,
    min_dist: float,
    seed: int,
    progress: Progress,
    pace: Pace = FROM_AXES,
    watch: Callable[[int, np.ndarray], None] | None = None,
    repulsion: float = 1.0,
) -> np.ndarray:
    """Return positions (n, dimensions) float32 of the points of `graph` (n, n), from `start` (n, dimensions).

    All points of an epoch move by the positions of the epoch before, so the result does not depend on the number of
    threads. UMAP moves both ends of an edge at once and starts at rate 1. Here each point moves alone and twice as
    far, and the rate starts at a quarter, because points that move all at once overshoot at a higher rate.
    `watch` is called after each epoch with the number of epochs done and the positions (n, dimensions), which the next
    epochs overwrite. `repulsion`: the strength with which points push each other away (umap-learn's
    repulsion_strength).
    """
    from mmalign_core.projection.kernels import move
    from mmalign_core.scoring.kernels import core_count, on_all_cores

    n, dimensions = start.shape
    epochs = epoch_count(n)
    first, ends, period = _schedule(graph, epochs)
    due, forces = period.copy(), _forces(min_dist, repulsion)
    old = np.zeros((n, 4), np.float32)
    old[:, :dimensions] = start
    new = old.copy()
    cuts = np.searchsorted(first, np.linspace(0, first[-1], core_count() + 1))
    cuts[0], cuts[-1] = 0, n
    seeds = np.random.default_rng(seed).integers(2**63, size=epochs, dtype=np.uint64)
    fixed = (first, ends, period, due, forces.pull, forces.push, forces.shift, forces.base)
    for epoch in range(epochs):
        step = (np.float32(epoch), np.float32(pace.rate * (1 - epoch / epochs) ** pace.decay), PUSHES, seeds[epoch])
        on_all_cores(n, lambda lo, hi, a=old, b=new, step=step: move(a, b, *fixed, *step, lo, hi), cuts)
        old, new = new, old
        progress((epoch + 1) / epochs, "laying out the map")
        if watch:
            watch(epoch + 1, old[:, :dimensions])
    return np.ascontiguousarray(old[:, :dimensions])


def epoch_count(n: int) -> int:
    """Return the number of epochs for `n` points, by umap-learn's rule."""
    return 500 if n <= 10_000 else 200


def curve(min_dist: float) -> tuple[float, float]:
    """Return (a, b) of 1 / (1 + a d^2b), a least-squares fit to 1 up to `min_dist` and exp(min_dist - d) beyond it."""
    d = np.linspace(0, 3, 300)[1:]
    target = np.where(d < min_dist, 1.0, np.exp(min_dist - d))
    a, b = 1.0, 1.0
    for _ in range(100):
        power = a * d ** (2 * b)
        error = 1 / (1 + power) - target
        slope = -power / (1 + power) ** 2
        columns = np.stack([slope / a, slope * 2 * np.log(d)], axis=1)
        change = np.linalg.lstsq(columns, -error, rcond=None)[0]
        a, b = float(np.clip(a + change[0], a / 2, a * 2)), float(np.clip(b + change[1], b / 2, b * 2))
    return a, b


@dataclass(frozen=True)
class _Forces:
    pull: np.ndarray
    push: np.ndarray
    shift: int
    base: int


def _forces(min_dist: float, repulsion: float, bits: int = 6, least: int = -30, most: int = 16) -> _Forces:
    """Return tables over squared distances 2^least to 2^most, 2^bits slots an octave. A slot's error is below 1%."""
    a, b = curve(min_dist)
    shift, base = 23 - bits, (127 + least) << bits
    slots = np.arange((most - least) << bits, dtype=np.int64) + base
    squared = ((slots << shift) + (1 << (shift - 1))).astype(np.int32).view(np.float32).astype(np.float64)
    spread = 1 + a * squared**b
    pull = -2 * 2 * a * b * squared ** (b - 1) / spread
    push = repulsion * 2 * b / ((0.001 + squared) * spread)
    return _Forces(pull.astype(np.float32), push.astype(np.float32), shift, base)


def _schedule(graph: csr_matrix, epochs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row starts, column indices and epochs between two uses of each edge. Too weak edges are left out."""
    strongest = graph.data.max(initial=0)
    keep = graph.data * epochs >= strongest
    first = np.concatenate([[0], np.cumsum(keep)])[graph.indptr]
    return first.astype(np.int64), graph.indices[keep].astype(np.int32), (strongest / graph.data[keep]).astype("f4")
