"""The nearest-neighbour graph of a large space by an inverted file, and the share of the true neighbours it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.space import Space
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import Progress, no_progress

SAMPLE = 1000  # rows whose true neighbours are found: the standard error of the share is at most 0.005
WANTED = 0.97  # share of true neighbours; chosen: maps of more complete graphs were no better by 0.001
PROBES = (4, 8, 16, 32, 64)
"""Numbers of cells that a search reads. The first that finds the wanted share on the sample is taken."""
BATCH = 8192  # rows searched between two reports of progress: below a second at a million rows of 64
ROUNDS = 8  # of k-means; measured: more rounds change the share found by less than 0.002
LEARNT = 64  # rows per cell that k-means learns from; faiss asks for 39 or more
LONGEST = 8  # a search reads at most this many times what it would in cells of equal size: duplicates fill one cell


@dataclass(frozen=True)
class Neighbours:
    """`rows` (n, k) int32 and `distances` (n, k) float32 of each row's nearest other rows, nearest first.

    `found`: the share of the true `k` nearest among them, measured on `sampled` random rows. An exact graph has 1.0
    and 0. A row as near as the k-th nearest counts as true.
    """

    rows: np.ndarray
    distances: np.ndarray
    found: float = 1.0
    sampled: int = 0


def approximate_neighbours(space: Space, k: int, seed: int, progress: Progress = no_progress) -> Neighbours:
    """Return `k` near other rows of each row, found by an inverted file (Jégou et al. 2011; faiss IndexIVFFlat).

    k-means makes 2 √n cells; a row is compared with the rows of the cells nearest to it. The number of cells is the
    smallest of PROBES that finds the share WANTED of the true neighbours of a sample. The result depends on the rows
    and the seed alone. Cost: n^1.5 · d, where the exact graph costs n² · d.
    """
    rng = np.random.default_rng(seed)
    index = _index(space, rng, seed, within(progress, 0.0, 0.3))
    sample = np.sort(rng.choice(len(space), min(SAMPLE, len(space)), replace=False))
    worst = _true_distances(space, sample, k)
    found = 0.0
    for probes in PROBES:
        index.nprobe = min(probes, index.nlist)
        found = float((_search(space, index, sample, k)[1] <= worst).mean())
        progress(0.3, "finding neighbours")
        if found >= WANTED:
            break
    rows = np.empty((len(space), k), np.int32)
    distances = np.empty((len(space), k), np.float32)
    for at in range(0, len(space), BATCH):
        part = np.arange(at, min(at + BATCH, len(space)))
        rows[part], distances[part] = _search(space, index, part, k)
        progress(0.3 + 0.7 * (part[-1] + 1) / len(space), "finding neighbours")
    return Neighbours(rows, distances, found, len(sample))


def _index(space: Space, rng: np.random.Generator, seed: int, progress: Progress) -> Any:
    """Return the inverted file of all rows."""
    import faiss

    rows = np.ascontiguousarray(space.rows)
    cells = int(2 * len(rows) ** 0.5)
    learnt = rows[np.sort(rng.choice(len(rows), min(LEARNT * cells, len(rows)), replace=False))]
    centres = learnt[np.sort(rng.choice(len(learnt), cells, replace=False))]
    options = {"spherical": space.metric == "cosine", "seed": seed % 2**31, "min_points_per_centroid": 1}
    for done in range(ROUNDS):
        means = faiss.Kmeans(rows.shape[1], cells, niter=1, max_points_per_centroid=len(learnt), **options)
        means.train(learnt, init_centroids=centres)
        centres = np.asarray(means.centroids)
        progress(0.7 * (done + 1) / ROUNDS, "grouping rows")
    metric = faiss.METRIC_INNER_PRODUCT if space.metric == "cosine" else faiss.METRIC_L2
    nearest_cell = faiss.IndexFlat(rows.shape[1], metric)
    nearest_cell.add(centres)
    index = faiss.IndexIVFFlat(nearest_cell, rows.shape[1], cells, metric)
    index.train(centres)
    for at in range(0, len(rows), 16 * BATCH):
        index.add(rows[at : at + 16 * BATCH])
        progress(0.7 + 0.3 * at / len(rows), "grouping rows")
    return index


def _search(space: Space, index: Any, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `k` near other rows (r, k) of `rows` (r,) and their distances, nearest first."""
    import faiss

    from mmalign_core.scoring.kernels import on_all_cores

    scores, found = np.empty((len(rows), k + 1), np.float32), np.empty((len(rows), k + 1), np.int64)
    most = LONGEST * index.nprobe * (index.ntotal // index.nlist + 1)
    parameters = cast(Any, faiss.SearchParametersIVF)  # pyright does not see what it takes
    asked = parameters(nprobe=index.nprobe, max_codes=max(most, 4 * (k + 1)))

    def search(lo: int, hi: int) -> None:
        faiss.omp_set_num_threads(1)  # of this thread; the parts run side by side
        index.search(
            np.ascontiguousarray(space.rows[rows[lo:hi]]), k + 1, D=scores[lo:hi], I=found[lo:hi], params=asked
        )

    on_all_cores(len(rows), search)
    few = np.flatnonzero((found < 0).any(axis=1))  # the cells held too few rows
    if len(few):
        scores[few], found[few] = _exact(space, rows[few], k + 1)
    others, scores = without_self(rows, found, scores)
    return space.sorted_distances(space.left[rows], others, scores)


def _true_distances(space: Space, rows: np.ndarray, k: int) -> np.ndarray:
    """Return the distance (r, 1) to the k-th nearest other row, and a little more for rounding."""
    scores, found = _exact(space, rows, k + 1)
    others, scores = without_self(rows, found, scores)
    distances = space.sorted_distances(space.left[rows], others, scores)[1]
    return distances[:, -1:] + np.float32(1e-6) * max(1.0, float(distances.max()))


def _exact(space: Space, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    return top_k(space.left[rows], space.right, k)


def without_self(rows: np.ndarray, found: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `found` (r, k + 1) and `scores` without the row itself, or without the last where it is not among them."""
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(rows), found.shape[1] - 1)
    return found[~own].reshape(shape).astype(np.int32), scores[~own].reshape(shape)
