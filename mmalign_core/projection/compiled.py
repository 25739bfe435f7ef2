"""Compiles the inner loops with numba, keeping the machine code on disk where a folder for it can be written."""

from __future__ import annotations

from collections.abc import Callable

from numba import njit


def compiled(function: Callable) -> Callable:
    """`function` compiled on first use; it releases the interpreter lock, so that threads can share the work."""
    try:
        return njit(cache=True, nogil=True, fastmath=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache folder can be written
        return njit(nogil=True, fastmath=True)(function)
