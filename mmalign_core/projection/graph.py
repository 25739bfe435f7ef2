"""The exact k-nearest-neighbour graph of a space, each product of a pair of blocks computed once for both."""

from __future__ import annotations

import numpy as np

from mmalign_core.projection.space import Space
from mmalign_core.projection.threads import run_split
from mmalign_core.types import Progress, no_progress

BLOCK = 2048  # 16 MiB of scores: small beside the vectors, large enough that threads seldom wait for each other


def nearest_neighbours(space: Space, k: int, progress: Progress = no_progress) -> tuple[np.ndarray, np.ndarray]:
    """Each row's `k` nearest other rows: indices (n, k) int32 and distances (n, k) float32, nearest first.

    Exact: every pair is scored, in float32. The score is symmetric, so only half of the blocks are multiplied.
    Peak memory beside the space is one block and the answer. `k` must be below the number of rows.
    """
    from mmalign_core.projection.kernels import offer_columns, offer_rows

    n = len(space)
    best = np.full((n, k), np.finfo(np.float32).min, np.float32)
    who = np.full((n, k), -1, np.int32)
    buffer = np.empty(BLOCK * BLOCK, np.float32)
    starts = range(0, n, BLOCK)
    pairs = [(a, b) for a in starts for b in starts if b >= a]
    for done, (a, b) in enumerate(pairs):
        rows, columns = space.left[a : a + BLOCK], space.right[b : b + BLOCK]
        scores = buffer[: len(rows) * len(columns)].reshape(len(rows), len(columns))  # contiguous at the edges too
        np.matmul(rows, columns.T, out=scores)
        run_split(len(rows), lambda lo, hi, s=scores, a=a, b=b: offer_rows(s, a, b, best, who, lo, hi))
        if b > a:
            run_split(len(columns), lambda lo, hi, s=scores, a=a, b=b: offer_columns(s, a, b, best, who, lo, hi))
        progress((done + 1) / len(pairs), "finding neighbours")
    return space.sorted_distances(space.left, who, best)
