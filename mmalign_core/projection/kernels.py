"""Compiled inner loops that run on all cores: neighbour selection, counts of nearer rows, one epoch of the layout.

Importing this module loads numba, which takes a second: import it only where a map is drawn.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from mmalign_core.scoring import kernels as scoring_kernels
from mmalign_core.scoring.kernels import STRIP, insert

compiled = partial(scoring_kernels.compiled, liberties=frozenset({"fast"}))
"""Compiles with every liberty: a map's positions need no infinities, and no certain order of sums."""


@compiled
def offer_rows(scores, first_row, first_column, best, who, lo, hi):
    """Insert every column of `scores` into the best of rows lo..hi. Row r is item first_row + r and skips itself."""
    last = best.shape[1] - 1
    for r in range(lo, hi):
        i = first_row + r
        for start in range(0, scores.shape[1], STRIP):
            stop = min(start + STRIP, scores.shape[1])
            top = scores[r, start]
            for c in range(start, stop):
                top = max(top, scores[r, c])
            if top <= best[i, last]:
                continue
            for c in range(start, stop):
                if scores[r, c] > best[i, last] and first_column + c != i:
                    insert(best, who, i, scores[r, c], first_column + c)


@compiled
def offer_columns(scores, first_row, first_column, best, who, lo, hi):
    """Insert every row of `scores` into the best of columns lo..hi. The block is read row by row, as stored."""
    last = best.shape[1] - 1
    bar = best[first_column : first_column + scores.shape[1], last].copy()
    for r in range(scores.shape[0]):
        for start in range(lo, hi, STRIP):
            stop = min(start + STRIP, hi)
            over = scores[r, start] - bar[start]
            for c in range(start, stop):
                over = max(over, scores[r, c] - bar[c])
            if over <= 0:
                continue
            for c in range(start, stop):
                if scores[r, c] > bar[c]:
                    insert(best, who, first_column + c, scores[r, c], first_row + r)
                    bar[c] = best[first_column + c, last]


@compiled
def count_nearer(scores, rows, others, tolerance, nearer, lo, hi):
    """Set nearer[r, m] to the number of items with a higher score than item others[r, m] for query item rows[r]."""
    for r in range(lo, hi):
        for m in range(others.shape[1]):
            bar = scores[r, others[r, m]] + tolerance
            count = np.int32(0)
            for c in range(scores.shape[1]):
                count += np.int32(scores[r, c] > bar)
            nearer[r, m] = count - np.int32(scores[r, rows[r]] > bar)


@compiled
def move(old, new, first, ends, period, due, pull, push, shift, base, epoch, rate, pushes, seed, lo, hi):
    """Compute one epoch for the points lo..hi: reads the positions `old` (n, 4), writes `new` (n, 4).

    `pull` and `push` are tables of the force over the distance, indexed by the leading bits of the squared distance
    as a float. The tables are fine where forces change fast, and far cheaper than two powers a pair. A point's random
    numbers depend on `seed` and its index alone, so the result is the same for any number of threads.
    """
    n = np.uint64(old.shape[0])
    top = pull.shape[0] - 1
    for i in range(lo, hi):
        x, y, z = old[i, 0], old[i, 1], old[i, 2]
        state = seed ^ (np.uint64(i) * np.uint64(0x9E3779B97F4A7C15))
        state = (state ^ (state >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
        for edge in range(first[i], first[i + 1]):
            if due[edge] > epoch:
                continue
            due[edge] += period[edge]
            for m in range(pushes + 1):
                j = np.int64(ends[edge])
                if m > 0:
                    state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                    j = np.int64(((state >> np.uint64(32)) * n) >> np.uint64(32))
                u, v, w = x - old[j, 0], y - old[j, 1], z - old[j, 2]
                squared = np.float32(u * u + v * v + w * w)
                slot = min(max((squared.view(np.int32) >> shift) - base, 0), top)
                force = pull[slot] if m == 0 else push[slot]
                x += rate * min(max(force * u, np.float32(-4)), np.float32(4))
                y += rate * min(max(force * v, np.float32(-4)), np.float32(4))
                z += rate * min(max(force * w, np.float32(-4)), np.float32(4))
        new[i, 0], new[i, 1], new[i, 2] = x, y, z
