"""Vector operations that aligners, encoders, metrics and recommenders share."""

from __future__ import annotations

import numpy as np

ROWS_AT_ONCE = 8192
"""Rows of a block. Chosen for memory: 32 MB of float32 at a width of 1,024."""


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Return rows (n, d) scaled to unit Euclidean length, float32. A zero row stays zero.

    Rows are taken in blocks, so that no copy in double precision of all of them is made.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    if len(vectors) <= ROWS_AT_ONCE:
        return _unit_rows(vectors)
    found = np.empty(vectors.shape, np.float32)
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        found[start : start + ROWS_AT_ONCE] = _unit_rows(vectors[start : start + ROWS_AT_ONCE])
    return found


def _unit_rows(vectors: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, None]
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
