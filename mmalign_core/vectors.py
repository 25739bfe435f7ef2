"""Small vector algebra that several floors share."""

from __future__ import annotations

import numpy as np

from mmalign_core.types import BadInput


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows (n, d) scaled to unit Euclidean length, float32; a zero row stays zero (it is like nothing)."""
    vectors = np.asarray(vectors, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, None]
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def check_same_width(queries: np.ndarray, candidates: np.ndarray) -> None:
    """BadInput unless both are two-dimensional and have equally many columns."""
    if queries.ndim != 2 or candidates.ndim != 2 or queries.shape[1] != candidates.shape[1]:
        raise BadInput(
            f"queries of shape {queries.shape} cannot be compared with candidates of shape {candidates.shape}: "
            "both need one row each and the same number of dimensions; align them first"
        )
