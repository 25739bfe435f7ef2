"""Vectors in single precision: rows whose numbers it cannot hold are scaled first, so that their direction stays."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmalign_core.types.basics import BadInput

_RANGE = 100
"""Powers of two within which numbers stay as they are; our choice: beyond, their squares leave single precision, which
reaches from 2^-149 to 2^128 (IEEE 754)."""
_STEP = 64
"""Rows are scaled by powers of 2^64, so that lengths near one another keep their ratio. Our choice."""


def single_rows(rows: Any) -> np.ndarray:
    """Return the rows (n, d) as float32; the same array if it has that type.

    A row of doubles whose largest number is beyond 2^100, or below 2^-100 and not 0, is multiplied by a power of two.
    Rows with NaN or infinity stay as they are, for the caller to report. Raises as `np.asarray` for what is no array.
    """
    rows = np.asarray(rows)
    if rows.dtype.kind != "f" and rows.dtype.kind != "O":
        return np.asarray(rows, np.float32)
    if rows.dtype in (np.float32, np.float16):
        return rows.astype(np.float32, copy=False)
    rows = np.asarray(rows, np.float64)
    with np.errstate(over="ignore"):
        single = rows.astype(np.float32)
    odd = np.flatnonzero(_is_odd(rows)) if rows.ndim == 2 and rows.size else np.zeros(0, int)
    if len(odd):
        powers = np.frexp(_largest(rows[odd]))[1]
        shifts = -_STEP * np.rint(powers / _STEP).astype(np.int64)
        single[odd] = np.ldexp(rows[odd], shifts[:, None])
    return single


def _largest(rows: np.ndarray) -> np.ndarray:
    return np.maximum(rows.max(axis=1), -rows.min(axis=1))


def _is_odd(rows: np.ndarray) -> np.ndarray:
    """(n,) bool: which rows are finite and beyond what single precision holds well."""
    largest = _largest(rows)
    return np.isfinite(largest) & ((largest > 2.0**_RANGE) | ((largest < 2.0**-_RANGE) & (largest > 0)))


def fits_single(numbers: np.ndarray) -> bool:
    """Whether all numbers but 0 are within what single precision holds well."""
    if numbers.dtype in (np.float32, np.float16) or not numbers.size:
        return True
    sizes = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    return not sizes.size or bool(sizes.max() <= 2.0**_RANGE and sizes.max() >= 2.0**-_RANGE)


def check_dense(modality: str, rows: Any) -> None:
    """BadInput for sparse rows, and for rows with masked numbers: their stored numbers are not what was meant."""
    if hasattr(rows, "toarray"):
        raise BadInput(f"{modality}: the rows are sparse; give them as an array, such as rows.toarray()")
    if np.ma.is_masked(rows):
        row = int(np.flatnonzero(np.ma.getmaskarray(rows).reshape(len(rows), -1).any(axis=1))[0])
        raise BadInput(f"{modality}: row {row} holds masked numbers; fill them (rows.filled) or leave that row out")
