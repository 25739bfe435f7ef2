"""The space of a map: checked rows, and two factors whose product gives the score of every pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.types import BadInput

METRICS = ("cosine", "euclidean")
CHUNK = 256
"""Rows per block when neighbours are gathered, so that the copies stay small. Chosen."""
LARGEST = 1e15
"""Largest allowed value: squared distances of a million dimensions then stay below the largest float32, 3.4e38."""


@dataclass(frozen=True)
class Space:
    """`left` @ `right`.T (n, n) holds the score of every pair. A higher score means a smaller distance.

    The score is the cosine, or minus half the squared Euclidean distance. Both factors are float32. Either metric is
    one matrix product, for speed. `centre` (d,) is subtracted from Euclidean rows, which keeps the rounding error
    small for rows that lie far from the origin.
    """

    left: np.ndarray
    right: np.ndarray
    metric: str
    centre: np.ndarray

    def __len__(self) -> int:
        return len(self.left)

    @property
    def rows(self) -> np.ndarray:
        """Return the rows (n, d): unit length under the cosine, centred under the Euclidean distance."""
        return self.left if self.metric == "cosine" else self.left[:, :-2]

    def part(self, rows: np.ndarray) -> Space:
        """Return the space of some of the rows, by their indices (m,)."""
        return Space(self.left[rows], self.right[rows], self.metric, self.centre)

    def sorted_distances(self, left: np.ndarray, near: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `near` (m, k) and its distances from the rows with factor `left` (m, .), nearest first.

        `scores` (m, k): scores of `near`. Euclidean distances are computed from the differences, because the rounding
        error of a score is larger than a small distance.
        """
        distances = np.maximum(1 - scores, 0) if self.metric == "cosine" else self._differences(left, near)
        order = np.argsort(distances, axis=1, kind="stable")
        return np.take_along_axis(near, order, axis=1), np.take_along_axis(distances, order, axis=1)

    def _differences(self, left: np.ndarray, near: np.ndarray) -> np.ndarray:
        out = np.empty(near.shape, np.float32)
        for at in range(0, len(near), CHUNK):
            part = slice(at, at + CHUNK)
            out[part] = np.linalg.norm(left[part, None, :-2] - self.rows[near[part]], axis=2)
        return out

    def queries(self, vectors: np.ndarray) -> np.ndarray:
        """Return the left factor of other rows (m, d). `queries(v) @ right.T` scores them against the space's rows."""
        return _left(vectors, self.metric, self.centre)


def checked_rows(vectors: np.ndarray, what: str = "vectors") -> np.ndarray:
    """Return `vectors` as contiguous float32 (n, d). Raises BadInput if they are not finite or not a table."""
    rows = np.asarray(vectors)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise BadInput(f"{what} must be a table of numbers (rows, dimensions); got shape {rows.shape}")
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise BadInput(f"{what}: row {bad[0]} holds NaN or infinity ({len(bad)} such rows); leave these rows out")
    return rows


def space_of(rows: np.ndarray, metric: str) -> Space:
    """Return the space of checked `rows` (n, d). Raises BadInput for an unknown metric, or values too large."""
    if metric not in METRICS:
        raise BadInput(f"unknown metric {metric!r}; choose one of {', '.join(METRICS)}")
    if metric == "euclidean" and np.abs(rows).max(initial=0) > LARGEST:
        raise BadInput(f"vectors hold values beyond {LARGEST:g}, whose distances overflow; scale them down")
    centre = rows.mean(axis=0) if metric == "euclidean" and len(rows) else np.zeros(rows.shape[1], np.float32)
    left = _left(rows, metric, centre)
    # (x, 1, -x²/2) · (y, -y²/2, 1) = -(x - y)²/2
    right = left if metric == "cosine" else np.concatenate([left[:, :-2], left[:, :-3:-1]], axis=1)
    return Space(left, np.ascontiguousarray(right), metric, centre)


def _left(rows: np.ndarray, metric: str, centre: np.ndarray) -> np.ndarray:
    if metric == "cosine":
        peak = np.abs(rows).max(axis=1, keepdims=True)
        rows = rows / np.where(peak > 0, peak, 1)  # the square of a very large or small value does not fit float32
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 0.5)  # keeps a row of zeros as it is
    rows = rows - centre
    half = (rows * rows).sum(axis=1, keepdims=True) / 2
    return np.concatenate([rows, np.ones_like(half), -half], axis=1)
