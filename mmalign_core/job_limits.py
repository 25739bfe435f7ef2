"""What one job may take: its time and the growth of memory are watched, also while its work reports nothing."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from mmalign_core.types import BadInput

T = TypeVar("T")
_EVERY = 1.0
"""Seconds between two looks at a job; our choice: a look costs some microseconds."""


@dataclass(frozen=True)
class Limits:
    """What one job may take: `seconds`, and `grown`, the bytes by which the memory of the process may grow under it."""

    seconds: float
    grown: int


class OverLimit(BaseException):
    """Raised inside work that took too much. No handler of errors is to take it for a failure of a part."""


class Meter:
    """The time since work began, and by how much memory has grown since; memory of other work counts too."""

    def __init__(self, title: str, limits: Limits) -> None:
        """Begin to count for the job of that title."""
        self._title, self._limits = title, limits
        self._began, self._held = time.monotonic(), _memory()
        self._looked = self._began
        self.said = ""
        """Why the job is stopped; '' while it keeps to its limits."""

    def check(self) -> None:
        """Raise BadInput where a limit is reached. Memory is looked at once a second at most."""
        now = time.monotonic()
        if not self.said and (now - self._looked >= _EVERY or now - self._began > self._limits.seconds):
            self.look()
        if self.said:
            raise BadInput(self.said)

    def look(self) -> bool:
        """Look at time and memory; return whether a limit is reached."""
        now = self._looked = time.monotonic()
        if now - self._began > self._limits.seconds:
            self.said = (
                f"'{self._title}' was stopped after {self._limits.seconds:,.0f} seconds, the longest that one job may "
                "take; take less data, a faster aligner, or raise MMALIGN_MAX_JOB_SECONDS"
            )
        elif (grown := _memory() - self._held) > self._limits.grown:
            self.said = (
                f"'{self._title}' was stopped: memory grew by {grown / 1e6:,.0f} MB, and "
                f"{self._limits.grown / 1e6:,.0f} MB is the most for one job; take less data, or raise "
                "MMALIGN_MAX_JOB_BYTES"
            )
        return bool(self.said)

    def watched(self, work: Callable[[], T]) -> T:
        """Run `work` and return its result. Raises BadInput soon after a limit is reached, also if it never reports.

        Python code is stopped at its next step, and a call into a library once it comes back.
        """
        try:
            with self._watching():
                return work()
        except OverLimit:
            raise BadInput(self.said) from None

    @contextmanager
    def _watching(self) -> Iterator[None]:
        ended, may_stop, worker = threading.Event(), threading.Lock(), threading.get_ident()

        def watch() -> None:
            while not ended.wait(min(_EVERY, max(self._limits.seconds / 4, 0.01))):
                with may_stop:
                    if not ended.is_set() and self.look():
                        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker), ctypes.py_object(OverLimit))
                        return

        threading.Thread(target=watch, name="job-limits", daemon=True).start()
        try:
            yield
        finally:
            with may_stop:
                ended.set()
            time.sleep(0)  # what was raised until now arrives here, and not after the job


def _memory() -> int:
    """Bytes in memory of this process and of those that it started."""
    import psutil

    own = psutil.Process()
    held = own.memory_info().rss
    for child in own.children(recursive=True):
        with suppress(psutil.Error):  # it has ended meanwhile
            held += child.memory_info().rss
    return int(held)
