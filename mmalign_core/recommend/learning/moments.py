"""Mean and spread of scores over the items that have any: what makes scores of different kinds comparable."""

from __future__ import annotations

import numpy as np

FLAT = 1e-4
"""Spread, as a part of the largest value, below which values do not tell items apart but show rounding: single
precision leaves errors of a thousandth of it."""


def moments(values: np.ndarray, known: np.ndarray, largest: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (q,) float64 of each row of `values` (q, n) over the `known` (n,) bool.

    `values` must be 0 where not known, so that one pass over all does. `largest` (q,): how large a value can be. A
    row that hardly varies, or of which nothing is known, has an infinite spread: divided by it, nothing stands out.
    """
    count = max(int(known.sum()), 1)
    mean = values.sum(axis=1, dtype=np.float64) / count
    squares = np.einsum("ij,ij->i", values, values, dtype=np.float64) / count
    spread = np.sqrt(np.maximum(squares - mean**2, 0.0))
    return mean, np.where(spread <= FLAT * largest, np.inf, spread)
