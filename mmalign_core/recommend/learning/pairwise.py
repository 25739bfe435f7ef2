"""Pairs to learn a ranking from: for an event of a user, an item the same user has not met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Matrix = Any
"""A scipy csr_array (users, items) of who met what, 1 where they did; its type hints do not know its parts."""


class Triples:
    """Draws (user, met item, unmet item) from a matrix (users, items) of who met what.

    `negatives`: "uniform" draws the unmet item among all that somebody met, "popular" as often as it was met. A draw
    that the user has met as well is left out, so whoever met everything teaches nothing.
    """

    def __init__(self, matrix: Matrix, negatives: str = "uniform", seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._users = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        self._items = matrix.indices.astype(np.int64)
        self._width = matrix.shape[1]
        self._keys = np.sort(self._users * self._width + self._items)
        self._pool = self._items if negatives == "popular" else np.unique(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def batches(self, size: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """As many draws with replacement as there are events, `size` at a time: three arrays of numbers each."""
        for start in range(0, len(self), size):
            users, met, unmet = self._draw(min(size, len(self) - start))
            yield users, met, unmet

    def _draw(self, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        events = self._rng.integers(len(self._items), size=size)
        users, unmet = self._users[events], self._pool[self._rng.integers(len(self._pool), size=size)]
        keys = users * self._width + unmet
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        kept = self._keys[at] != keys
        return users[kept], self._items[events[kept]], unmet[kept]
