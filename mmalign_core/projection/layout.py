"""The layout of UMAP: points pull their neighbours and push random others, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.projection.threads import run_split, worker_count
from mmalign_core.types import Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PUSHES = 5  # random points pushed off for each pull (negative_sample_rate in umap-learn)
FIRST_RATE = 0.25
DECAY = 1.5  # the rate falls with this power of the epochs left: longer at small rates, where neighbours settle


def lay_out(graph: csr_matrix, start: np.ndarray, min_dist: float, seed: int, progress: Progress) -> np.ndarray:
    """Positions (n, dimensions) float32 of the points of `graph` (n, n), from `start` (n, dimensions).

    All points of an epoch move by the positions of the epoch before, which makes the result independent of how the
    work is split over threads. UMAP moves both ends of an edge at once and starts at rate 1; here each point moves
    itself, twice as far, and a start at a quarter of the rate keeps a crowd that moves at once from overshooting.
    """
    from mmalign_core.projection.kernels import move

    n, dimensions = start.shape
    epochs = epoch_count(n)
    first, ends, period = _schedule(graph, epochs)
    due, forces = period.copy(), _forces(min_dist)
    old = np.zeros((n, 4), np.float32)
    old[:, :dimensions] = start
    new = old.copy()
    cuts = np.searchsorted(first, np.linspace(0, first[-1], worker_count() + 1))
    cuts[0], cuts[-1] = 0, n
    seeds = np.random.default_rng(seed).integers(2**63, size=epochs, dtype=np.uint64)
    fixed = (first, ends, period, due, forces.pull, forces.push, forces.shift, forces.base)
    for epoch in range(epochs):
        step = (np.float32(epoch), np.float32(FIRST_RATE * (1 - epoch / epochs) ** DECAY), PUSHES, seeds[epoch])
        run_split(n, lambda lo, hi, a=old, b=new, step=step: move(a, b, *fixed, *step, lo, hi), cuts)
        old, new = new, old
        progress((epoch + 1) / epochs, "laying out the map")
    return np.ascontiguousarray(old[:, :dimensions])


def epoch_count(n: int) -> int:
    """Epochs for `n` points: umap-learn's own rule."""
    return 500 if n <= 10_000 else 200


def curve(min_dist: float) -> tuple[float, float]:
    """(a, b) of 1 / (1 + a d^2b), fitted by least squares to 1 up to `min_dist` and exp(min_dist - d) beyond it."""
    d = np.linspace(0, 3, 300)[1:]
    wanted = np.where(d < min_dist, 1.0, np.exp(min_dist - d))
    a, b = 1.0, 1.0
    for _ in range(100):
        power = a * d ** (2 * b)
        error = 1 / (1 + power) - wanted
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


def _forces(min_dist: float, bits: int = 6, least: int = -30, most: int = 16) -> _Forces:
    """Tables over squared distances from 2^least to 2^most, 2^bits slots an octave: a slot is wrong by under 1%."""
    a, b = curve(min_dist)
    shift, base = 23 - bits, (127 + least) << bits
    slots = np.arange((most - least) << bits, dtype=np.int64) + base
    squared = ((slots << shift) + (1 << (shift - 1))).astype(np.int32).view(np.float32).astype(np.float64)
    spread = 1 + a * squared**b
    pull = -2 * 2 * a * b * squared ** (b - 1) / spread
    push = 2 * b / ((0.001 + squared) * spread)
    return _Forces(pull.astype(np.float32), push.astype(np.float32), shift, base)


def _schedule(graph: csr_matrix, epochs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row starts, column indices and the epochs between two uses of each edge; edges too weak for one use are out."""
    strongest = graph.data.max(initial=0)
    keep = graph.data * epochs >= strongest
    first = np.concatenate([[0], np.cumsum(keep)])[graph.indptr]
    return first.astype(np.int64), graph.indices[keep].astype(np.int32), (strongest / graph.data[keep]).astype("f4")
