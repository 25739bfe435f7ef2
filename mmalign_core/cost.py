"""What a run cost: seconds per stage, seconds to place new items, and peak memory."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

try:
    import resource
except ImportError:  # Windows has none
    resource = None

SAMPLE_SECONDS = 0.01
"""How often memory is looked at during a fit: often enough for a fit of a tenth of a second, and 1 % of a core."""


@dataclass
class Cost:
    """Adds up over the fits of one measurement.

    `seconds` by stage; `fits` how often it was fitted; `fit_peak_mb` the largest resident memory of the process while
    a fit went on and `fit_added_mb` the most by which it rose above what was there when that fit began, both MiB.
    Fits that run at the same time in other threads of the process are in both.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    fits: int = 0
    fit_peak_mb: float = 0.0
    fit_added_mb: float = 0.0
    placed: int = 0
    placing_seconds: float = 0.0

    @contextmanager
    def fitting(self) -> Iterator[None]:
        """Around one fit."""
        with timed(self.seconds, "fit"), sampled_memory() as memory:
            yield
        self.fits += 1
        self.fit_peak_mb = max(self.fit_peak_mb, memory.peak)
        self.fit_added_mb = max(self.fit_added_mb, round(memory.peak - memory.start, 1))

    @contextmanager
    def placing(self, rows: int) -> Iterator[None]:
        """Around placing so many rows in the shared space."""
        start = time.perf_counter()
        with timed(self.seconds, "match"):
            yield
        self.placed += rows
        self.placing_seconds += time.perf_counter() - start

    @property
    def infer_seconds_per_1000(self) -> float:
        """Mean wall seconds to place 1,000 encoded rows in the shared space (encoding them is not in it)."""
        return round(1000 * self.placing_seconds / self.placed, 6) if self.placed else 0.0


@dataclass
class Memory:
    """Resident memory of this process in MiB: when watching began, and the largest seen."""

    start: float
    peak: float


@contextmanager
def sampled_memory(every: float = SAMPLE_SECONDS) -> Iterator[Memory]:
    """Looks at this process' resident memory every so many seconds, in a thread of its own, until the block ends.

    The system's own record (`peak_rss_mb`) never falls, so it cannot tell two fits of one process apart.
    """
    import psutil

    process = psutil.Process()

    def resident() -> float:
        return round(process.memory_info().rss / 2**20, 1)

    now = resident()
    memory, ended = Memory(now, now), threading.Event()

    def watch() -> None:
        while not ended.wait(every):
            memory.peak = max(memory.peak, resident())

    thread = threading.Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()
        memory.peak = max(memory.peak, resident())


def peak_rss_mb() -> float:
    """Largest resident memory of this process so far, in MiB.

    Where the system keeps no such record, the resident memory of now: less than the peak, never more.
    """
    if resource is None:
        import psutil

        memory = psutil.Process().memory_info()
        return round(getattr(memory, "peak_wset", memory.rss) / 2**20, 1)  # Windows keeps the peak as peak_wset
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the wall seconds of the block to `seconds[stage]`."""
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = round(seconds.get(stage, 0.0) + time.perf_counter() - start, 4)
