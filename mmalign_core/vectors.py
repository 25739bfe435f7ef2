"""Vector operations that aligners, encoders, metrics and recommenders share."""

from __future__ import annotations

import numpy as np


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Return rows (n, d) scaled to unit Euclidean length, float32. A zero row stays zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, None]
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
