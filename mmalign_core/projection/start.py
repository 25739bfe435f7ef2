"""Where the points of a map start: the principal plane of the space."""

from __future__ import annotations

import numpy as np


def principal_start(rows: np.ndarray, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    """Positions (n, dimensions) float32 along the first principal axes of `rows` (n, d), within -10..10.

    Randomised subspace iteration (Halko et al. 2011): cost grows with n·d alone. A little noise parts duplicates.
    """
    centred = rows - rows.mean(axis=0)
    axes = rng.normal(size=(rows.shape[1], dimensions + 8)).astype(np.float32)
    for _ in range(6):
        axes = np.linalg.qr(centred.T @ (centred @ axes))[0]
    scores = centred @ axes
    turn = np.linalg.eigh(scores.T.astype(np.float64) @ scores)[1][:, ::-1]
    start = np.zeros((len(rows), dimensions))
    known = min(dimensions, turn.shape[1])
    start[:, :known] = (scores @ turn)[:, :known]
    start *= 10 / max(float(np.abs(start).max(initial=0)), 1e-12)
    return (start + rng.normal(scale=1e-4, size=start.shape)).astype(np.float32)
