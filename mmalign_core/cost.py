"""Cost of a run: seconds per stage, seconds to place new items, and peak memory."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

try:
    import resource
except ImportError:  # Windows lacks this module
    resource = None

SAMPLE_SECONDS = 0.01
"""Interval between memory samples during a fit. Chosen: it resolves fits of 0.1 s and costs 1 % of a core."""


@dataclass
class Cost:
    """The summed cost of the fits of one measurement.

    `seconds`: stage -> wall seconds; `fits`: number of fits; `fit_peak_mb`: the largest resident memory of the process
    during a fit; `fit_added_mb`: the largest increase over the memory at the start of that fit, both in MiB. Fits that
    run at the same time in other threads count in both. `placed`: rows placed, in `placing_seconds`.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    fits: int = 0
    fit_peak_mb: float = 0.0
    fit_added_mb: float = 0.0
    placed: int = 0
    placing_seconds: float = 0.0

    @contextmanager
    def fitting(self) -> Iterator[None]:
        """Measure the time and memory of one fit inside the `with` block."""
        with timed(self.seconds, "fit"), sampled_memory() as memory:
            yield
        self.fits += 1
        self.fit_peak_mb = max(self.fit_peak_mb, memory.peak)
        self.fit_added_mb = max(self.fit_added_mb, round(memory.peak - memory.start, 1))

    @contextmanager
    def placing(self, rows: int) -> Iterator[None]:
        """Measure the time to place `rows` rows in the shared space inside the `with` block."""
        start = time.perf_counter()
        with timed(self.seconds, "match"):
            yield
        self.placed += rows
        self.placing_seconds += time.perf_counter() - start

    @property
    def infer_seconds_per_1000(self) -> float:
        """Mean wall seconds to place 1,000 encoded rows in the shared space, without the time to encode them."""
        return round(1000 * self.placing_seconds / self.placed, 6) if self.placed else 0.0


@dataclass
class Memory:
    """Resident memory of this process in MiB: at the start, and the largest sample."""

    start: float
    peak: float


@contextmanager
def sampled_memory(every: float = SAMPLE_SECONDS) -> Iterator[Memory]:
    """Sample this process's resident memory every `every` seconds in a thread, until the `with` block ends.

    The system's own record (`peak_rss_mb`) never falls, so it cannot separate two fits of one process.
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
    """Largest resident memory of this process so far, in MiB; the current one on systems that keep no such record."""
    if resource is None:
        import psutil

        memory = psutil.Process().memory_info()
        return round(getattr(memory, "peak_wset", memory.rss) / 2**20, 1)  # Windows keeps the peak as peak_wset
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Add the wall seconds of the `with` block to `seconds[stage]`."""
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = round(seconds.get(stage, 0.0) + time.perf_counter() - start, 4)
