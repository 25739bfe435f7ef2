"""Where the points of a map start: on the principal plane of the space, drawn together along the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STEPS = 20
REACH = 10.0


def start_positions(rows: np.ndarray, graph: csr_matrix, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    """Start (n, dimensions) float32, within about -10..10, for `rows` (n, d) with neighbour graph `graph` (n, n).

    The principal coordinates, averaged with those of the neighbours for a few steps: parts of the graph that hang
    together start together, at a small fraction of the cost of the eigenvectors UMAP starts from. A little noise
    parts duplicates.
    """
    positions = principal_coordinates(rows, dimensions, rng)
    total = np.maximum(np.asarray(graph.sum(axis=1), np.float32).reshape(-1, 1), np.finfo(np.float32).tiny)
    for _ in range(STEPS):
        positions = (positions + (graph @ positions) / total) / 2
    positions = positions - positions.mean(axis=0)
    positions *= REACH / max(float(np.abs(positions).max(initial=0)), 1e-6)
    return (positions + rng.normal(scale=1e-4, size=positions.shape)).astype(np.float32)


def principal_coordinates(rows: np.ndarray, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    """Coordinates (n, dimensions) float32 of `rows` (n, d) along their first principal axes; zero beyond the rank.

    Randomised subspace iteration (Halko et al. 2011): cost grows with n·d alone.
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
