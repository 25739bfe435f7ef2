"""Mean and spread of scores over the items that have any: what makes scores of different kinds comparable."""

from __future__ import annotations

import numpy as np

FLAT = 1e-5
"""Cosines that spread less do not tell items apart: single precision leaves errors of a hundredth of it."""


def moments(values: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (q,) float64 of each row of `values` (q, n) over the `known` (n,) bool.

    `values` must be 0 where not known, so that one pass over all does. A row that hardly varies, or of which nothing
    is known, has an infinite spread: divided by it, nothing stands out.
    """
    count = max(int(known.sum()), 1)
    mean = values.sum(axis=1, dtype=np.float64) / count
    squares = np.einsum("ij,ij->i", values, values, dtype=np.float64) / count
    spread = np.sqrt(np.maximum(squares - mean**2, 0.0))
    flat = spread <= FLAT * np.maximum(1.0, np.abs(mean))
    return mean, np.where(flat, np.inf, spread)
