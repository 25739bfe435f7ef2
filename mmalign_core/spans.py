"""Spans of time or of a grid: where they lie and how they overlap."""

from __future__ import annotations

import numpy as np


def windows(steps: int, length: float, hop: float) -> np.ndarray:
    """(t, 2) seconds that each of so many steps saw, `length` long and `hop` apart."""
    starts = hop * np.arange(steps)
    return np.stack([starts, starts + length], axis=1)


def stretches(edges: np.ndarray) -> np.ndarray:
    """(p, 2): from each edge (p + 1,) to the next."""
    return np.stack([edges[:-1], edges[1:]], axis=1)


def overlaps(spans: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(p, t): which share of each span (t, 2) lies in each place (p, 2); columns sum to 1 where they touch any."""
    starts = np.maximum(spans[None, :, 0], places[:, None, 0])
    shared = np.clip(np.minimum(spans[None, :, 1], places[:, None, 1]) - starts, 0, None)
    return shared / np.maximum(shared.sum(axis=0), 1e-12)
