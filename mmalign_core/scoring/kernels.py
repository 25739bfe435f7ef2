"""Compiled inner loops over one block of scores, for both directions, and what runs such loops on all cores.

Importing this module loads numba, which takes a second: import it only where many scores are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
from numba import njit

from mmalign_core.settings import Settings

STRIP = 256
"""Scores compared at once: their bars and counts fit the first cache. Chosen; 128 to 512 are equally fast."""
_FAST = frozenset({"nnan", "nsz"})
"""Scores are no NaN, and the sign of zero does not count. Infinities do, so the other liberties are not taken."""


def compiled(function: Callable, liberties: Set[str] = _FAST) -> Callable:
    """Return `function` compiled on first use. It releases the interpreter lock, so threads run in parallel."""
    try:
        return njit(cache=True, nogil=True, fastmath=set(liberties))(function)
    except RuntimeError:  # neither the package's folder nor the user's cache folder is writable
        return njit(nogil=True, fastmath=set(liberties))(function)


def on_all_cores(count: int, work: Callable[[int, int], object], cuts: Sequence[int] | None = None) -> None:
    """Call `work(lo, hi)` for each part of range(count) on all cores at once. Errors of a part are raised again.

    `cuts`: borders of the parts, ascending from 0 to `count`, for when parts of equal size are unequal work.
    """
    threads = core_count()
    borders = cuts if cuts is not None else [count * part // threads for part in range(threads + 1)]
    parts = [_pool(threads).submit(work, int(lo), int(hi)) for lo, hi in pairwise(borders) if hi > lo]
    for part in parts:
        part.result()


def core_count() -> int:
    """Return the number of parts that run at once."""
    return max(1, Settings().threads)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="scores")


@compiled
def tally_rows(scores, bars, counts, lo, hi):
    """Add to counts[t, r] how many scores of row r (lo..hi) are at least bars[t, r]. Arrays (t, rows)."""
    for r in range(lo, hi):
        for t in range(bars.shape[0]):
            bar = bars[t, r]
            count = np.int32(0)
            for c in range(scores.shape[1]):
                count += np.int32(scores[r, c] >= bar)
            counts[t, r] += count


@compiled
def tally_columns(scores, bars, counts, lo, hi):
    """Add to counts[t, c] how many scores of column c (lo..hi) are at least bars[t, c]. Arrays (t, columns)."""
    for start in range(lo, hi, STRIP):
        stop = min(start + STRIP, hi)
        for t in range(bars.shape[0]):
            bar, count = bars[t, start:stop].copy(), counts[t, start:stop].copy()
            for r in range(scores.shape[0]):
                row = scores[r, start:stop]  # an index from 0 lets the compiler use vectors
                for c in range(len(bar)):
                    count[c] += np.int32(row[c] >= bar[c])
            for c in range(len(count)):
                counts[t, start + c] = count[c]


@compiled
def insert(best, who, i, score, j):
    """Put the score and its index j into row i of best and who, which fall; an equal score stays behind."""
    q = best.shape[1] - 1
    while q > 0 and best[i, q - 1] < score:
        best[i, q] = best[i, q - 1]
        who[i, q] = who[i, q - 1]
        q -= 1
    best[i, q] = score
    who[i, q] = j


@compiled
def offer_rows(scores, allowed, first_column, best, who, lo, hi):
    """Insert the allowed columns of `scores` into the best of rows lo..hi. An equal score stays behind earlier ones.

    `allowed` (columns,) bool; `best` and `who` (rows, k), falling. Column c is candidate first_column + c.
    """
    last = best.shape[1] - 1
    for r in range(lo, hi):
        for start in range(0, scores.shape[1], STRIP):
            strip = scores[r, start : start + STRIP]
            top = strip[0]
            for c in range(len(strip)):
                top = max(top, strip[c])
            if top <= best[r, last]:
                continue
            for c in range(len(strip)):
                if strip[c] > best[r, last] and allowed[start + c]:
                    insert(best, who, r, strip[c], first_column + start + c)


@compiled
def offer_columns(scores, allowed, first_row, best, who, lo, hi):
    """Insert the allowed rows of `scores` into the best of columns lo..hi, as `offer_rows` does for rows."""
    last = best.shape[1] - 1
    for start in range(lo, hi, STRIP):
        bar = best[start : min(start + STRIP, hi), last].copy()
        for r in range(scores.shape[0]):
            strip = scores[r, start : start + len(bar)]
            over = np.int32(0)
            for c in range(len(bar)):
                over += np.int32(strip[c] > bar[c])
            if over == 0 or not allowed[r]:
                continue
            for c in range(len(bar)):
                if strip[c] > bar[c]:
                    insert(best, who, start + c, strip[c], first_row + r)
                    bar[c] = best[start + c, last]


def _dot_pairs(sources, targets, rows, columns, found, lo, hi):
    """Set found[p] to the inner product of source rows[p] and target columns[p], for p in lo..hi.

    One fused multiplication and addition after the other, as most matrix products do within a block.
    """
    for p in range(lo, hi):
        total = np.float32(0)
        for k in range(sources.shape[1]):
            total += sources[rows[p], k] * targets[columns[p], k]
        found[p] = total


dot_pairs = compiled(_dot_pairs, frozenset({"contract"}))
