"""Spans of time or of a grid: where they lie and how they overlap."""

from __future__ import annotations

import numpy as np


def windows(steps: int, length: float, hop: float) -> np.ndarray:
    """Return (start, end) seconds (t, 2) of `steps` windows of `length` seconds that start every `hop` seconds."""
    starts = hop * np.arange(steps)
    return np.stack([starts, starts + length], axis=1)


def stretches(edges: np.ndarray) -> np.ndarray:
    """Return the intervals (p, 2) between consecutive edges (p + 1,)."""
    return np.stack([edges[:-1], edges[1:]], axis=1)


def overlaps(spans: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return (p, t): the share of each span (t, 2) that lies in each place (p, 2). Columns sum to 1 or 0."""
    starts = np.maximum(spans[None, :, 0], places[:, None, 0])
    shared = np.clip(np.minimum(spans[None, :, 1], places[:, None, 1]) - starts, 0, None)
    return shared / np.maximum(shared.sum(axis=0), 1e-12)
