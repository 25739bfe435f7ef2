"""The fuzzy simplicial set of UMAP: how strongly each pair of neighbours is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def memberships(distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Strength (n, k) float32 in 0..1 of the edge from each row to each neighbour; `distances` ascend along a row.

    exp(-(d - rho) / sigma): rho is the distance to the nearest neighbour that is not a duplicate, and sigma makes a
    row sum to log2(n_neighbors), where n_neighbors counts the row itself (McInnes et al. 2018, algorithm 3).
    """
    near = np.where(distances > _duplicate(distances), distances, np.inf).min(axis=1, keepdims=True)
    gaps = np.maximum(distances - np.where(np.isfinite(near), near, 0), 0).astype(np.float32)
    return np.exp(-gaps / _widths(gaps, distances, n_neighbors))


def symmetric_graph(neighbours: np.ndarray, strengths: np.ndarray) -> csr_matrix:
    """The union of the directed edges, a + b - ab for the two strengths of a pair: (n, n) float32, symmetric."""
    from scipy.sparse import csr_matrix

    n, k = neighbours.shape
    directed = csr_matrix((strengths.ravel(), neighbours.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    back = directed.T.tocsr()
    graph = (directed + back - directed.multiply(back)).tocsr()
    graph.sort_indices()
    return graph


def _duplicate(distances: np.ndarray) -> np.ndarray:
    """Distances of a row up to this (n, 1) are rounding."""
    return 1e-6 * distances.max(axis=1, keepdims=True)


def _widths(gaps: np.ndarray, distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """sigma (n, 1) by bisection, all rows at once; at least a thousandth of the mean distance, as in UMAP."""
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
