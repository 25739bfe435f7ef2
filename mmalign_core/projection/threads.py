"""Splits a range over the processor's cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

from mmalign_core.settings import Settings


def run_split(count: int, work: Callable[[int, int], None], cuts: Sequence[int] | None = None) -> None:
    """Calls `work(lo, hi)` for each part of range(count), at once on all cores; raises what a part raised.

    `cuts` (ascending, from 0 to `count`) places the borders where even parts would not be even work.
    """
    threads = worker_count()
    borders = cuts if cuts is not None else [count * part // threads for part in range(threads + 1)]
    parts = [_pool().submit(work, int(lo), int(hi)) for lo, hi in pairwise(borders) if hi > lo]
    for part in parts:
        part.result()


def worker_count() -> int:
    """How many parts run at once."""
    return max(1, Settings().threads)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(worker_count(), thread_name_prefix="projection")
