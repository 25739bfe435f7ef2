"""Rows of training examples that are too many to hold in double precision: read in blocks, summed as they come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mmalign_core.progress import pulse
from mmalign_core.types.basics import release
from mmalign_core.vectors import ROWS_AT_ONCE

MOST_DENSE = 1 << 29
"""Bytes of all examples in double precision up to which they are held (512 MB): 65,536 pairs of twice 512 dimensions.
Chosen: a small part of the memory of any machine."""
_BLOCKS_HELD = 16
"""Blocks after which mapped pages are given back: 256 MB at a width of 512. Chosen."""


class StoredRows:
    """Centred rows (p, d) float64 of p examples, zero where an example has none, read from `vectors` (n, d).

    `numbers` (p,): the row of each example, or -1. `centre` (d,). `key` (p,): blocks come in its order, the same for
    all modalities of the examples, so that a file is read from its start to its end.
    """

    def __init__(self, vectors: np.ndarray, numbers: np.ndarray, centre: np.ndarray, key: np.ndarray) -> None:
        self._vectors, self._numbers, self._centre, self._key = vectors, numbers, centre, key
        self.shape = len(numbers), vectors.shape[1]

    def __len__(self) -> int:
        return len(self._numbers)

    def take(self, places: np.ndarray) -> StoredRows:
        """Return only these examples, in this order; `places` are numbers or a bool mask."""
        return StoredRows(self._vectors, self._numbers[places], self._centre, self._key[places])

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all rows in blocks (b, d), in the order of the key."""
        order = np.argsort(self._key, kind="stable")
        for number, start in enumerate(range(0, len(order), ROWS_AT_ONCE), 1):
            pulse()
            yield self._rows(order[start : start + ROWS_AT_ONCE])
            if number % _BLOCKS_HELD == 0:
                release(self._vectors)
        release(self._vectors)

    def dense(self) -> np.ndarray:
        """Return all rows (p, d) in the order of the examples, for few of them."""
        return self._rows(np.arange(len(self)))

    def _rows(self, places: np.ndarray) -> np.ndarray:
        numbers = self._numbers[places]
        rows = np.asarray(self._vectors[np.maximum(numbers, 0)], np.float64) - self._centre
        rows[numbers < 0] = 0
        return rows


Rows = np.ndarray | StoredRows
"""Centred rows (p, d) of examples, held or stored. Those of one fit are all held or all stored."""


def taken(rows: Rows, places: np.ndarray) -> Rows:
    """Return only these examples, in this order; `places` are numbers or a bool mask."""
    return rows.take(places) if isinstance(rows, StoredRows) else rows[places]


def held(rows: Rows) -> np.ndarray:
    """Return the rows (p, d) in memory, for few of them."""
    return rows.dense() if isinstance(rows, StoredRows) else rows


def product(x: Rows, y: Rows) -> np.ndarray:
    """Return xᵀ y (d, e), summed over the examples of both."""
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return x.T @ y
    assert isinstance(x, StoredRows) and isinstance(y, StoredRows)
    total = np.zeros((x.shape[1], y.shape[1]))
    if x is y:
        for block in x.blocks():
            total += block.T @ block
        return total
    for one, other in zip(x.blocks(), y.blocks()):
        total += one.T @ other
    return total


def sum_of_squares(x: Rows) -> float:
    """Return the sum of all squared entries."""
    if isinstance(x, np.ndarray):
        return float(np.square(x).sum())
    return float(sum(np.square(block).sum() for block in x.blocks()))


def mean_length(x: Rows, linear: np.ndarray) -> float:
    """Return the mean Euclidean length of the rows of x (p, d) under a linear map (d, k)."""
    if isinstance(x, np.ndarray):
        return float(np.linalg.norm(x @ linear, axis=1).mean())
    return float(sum(np.linalg.norm(block @ linear, axis=1).sum() for block in x.blocks())) / len(x)


def mean_row(vectors: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return the mean (d,) float64 of these rows of the vectors, summed in blocks in the order of the file."""
    total, order = np.zeros(vectors.shape[1]), np.sort(numbers)
    for start in range(0, len(order), ROWS_AT_ONCE):
        pulse()
        total += vectors[order[start : start + ROWS_AT_ONCE]].sum(0, dtype=np.float64)
    release(vectors)
    return total / len(numbers)
