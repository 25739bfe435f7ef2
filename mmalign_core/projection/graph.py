"""The exact k-nearest-neighbour graph of a space, and the weights of its edges in UMAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.projection.space import Space
from mmalign_core.types import Progress, no_progress

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


UNITED = 1 << 17
"""Rows whose edges are united between two reports of progress: a tenth of a second for 15 edges each. Chosen."""
BLOCK = 2048  # 16 MiB of scores: small beside the vectors, large enough that threads seldom wait for each other


def nearest_neighbours(space: Space, k: int, progress: Progress = no_progress) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's `k` nearest other rows: indices (n, k) int32 and distances (n, k) float32, nearest first.

    The search is exact: every pair is scored in float32. The score is symmetric, so only half of the blocks are
    computed. Peak memory beside the space is one block and the result. `k` must be below the number of rows.
    """
    from mmalign_core.projection.kernels import offer_columns, offer_rows
    from mmalign_core.scoring.kernels import on_all_cores

    n = len(space)
    best = np.full((n, k), np.finfo(np.float32).min, np.float32)
    who = np.full((n, k), -1, np.int32)
    buffer = np.empty(BLOCK * BLOCK, np.float32)
    starts = range(0, n, BLOCK)
    pairs = [(a, b) for a in starts for b in starts if b >= a]
    for done, (a, b) in enumerate(pairs):
        rows, columns = space.left[a : a + BLOCK], space.right[b : b + BLOCK]
        scores = buffer[: len(rows) * len(columns)].reshape(len(rows), len(columns))  # contiguous at the edges too
        np.matmul(rows, columns.T, out=scores)
        on_all_cores(len(rows), lambda lo, hi, s=scores, a=a, b=b: offer_rows(s, a, b, best, who, lo, hi))
        if b > a:
            on_all_cores(len(columns), lambda lo, hi, s=scores, a=a, b=b: offer_columns(s, a, b, best, who, lo, hi))
        progress((done + 1) / len(pairs), "finding neighbours")
    return space.sorted_distances(space.left, who, best)


def memberships(distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Return the weight (n, k) float32 in 0..1 of the edge from each row to each neighbour.

    `distances` (n, k) ascend along a row. The weight is exp(-(d - rho) / sigma). rho is the distance to the nearest
    neighbour that is not a duplicate. sigma makes a row sum to log2(n_neighbors), where n_neighbors counts the row
    itself (McInnes et al. 2018, algorithm 3).
    """
    near = np.where(distances > _duplicate(distances), distances, np.inf).min(axis=1, keepdims=True)
    gaps = np.maximum(distances - np.where(np.isfinite(near), near, 0), 0).astype(np.float32)
    return np.exp(-gaps / _widths(gaps, distances, n_neighbors))


def symmetric_graph(neighbours: np.ndarray, strengths: np.ndarray, progress: Progress = no_progress) -> csr_matrix:
    """Return the union of the directed edges, a + b - ab for the two weights of a pair: (n, n) float32, symmetric.

    `progress` may stop it between blocks of rows.
    """
    from scipy.sparse import csr_matrix, vstack

    n, k = neighbours.shape
    directed = csr_matrix((strengths.ravel(), neighbours.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    back = directed.T.tocsr()
    parts = []
    for at in range(0, n, UNITED):
        progress(at / n, "uniting neighbours")
        one, other = directed[at : at + UNITED], back[at : at + UNITED]
        parts.append((one + other - one.multiply(other)).tocsr())
    graph = parts[0] if len(parts) == 1 else csr_matrix(vstack(parts, format="csr"))
    graph.sort_indices()
    return graph


def _duplicate(distances: np.ndarray) -> np.ndarray:
    """Return the distance (n, 1) up to which two rows count as duplicates: larger ones are no rounding errors."""
    return 1e-6 * distances.max(axis=1, keepdims=True)


def _widths(gaps: np.ndarray, distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Return sigma (n, 1) by bisection of all rows at once; at least a thousandth of the mean distance, as in UMAP."""
    target = np.float32(np.log2(n_neighbors))
    low = np.zeros((len(gaps), 1), np.float32)
    high = np.full_like(low, np.inf)
    width = np.ones_like(low)
    for _ in range(48):
        above = np.exp(-gaps / width).sum(axis=1, keepdims=True) > target
        high, low = np.where(above, width, high), np.where(above, low, width)
        width = np.clip(np.where(np.isinf(high), width * 2, (low + high) / 2), 1e-12, 1e12)
    least = 1e-3 * distances.mean(axis=1, keepdims=True)
    return np.maximum(width, np.maximum(least, np.finfo(np.float32).tiny)).astype(np.float32)
