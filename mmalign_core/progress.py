"""Progress callbacks: for one part of a longer task, and for the steps of a fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from mmalign_core.types import Progress
from mmalign_core.wording import say

Watch = Callable[[Mapping[str, float]], None]
"""Called with each row of a fit's history (step, loss, …) during the fit."""


def no_watch(values: Mapping[str, float]) -> None:
    """The default `Watch`: ignore the row."""


def within(progress: Progress, start: float, end: float, words: str = "") -> Progress:
    """Return the progress callback of a part that spans `start`..`end` of the task; `words` prefixes its messages."""

    def report(fraction: float, message: str) -> None:
        progress(start + (end - start) * min(max(fraction, 0.0), 1.0), words + message if words else message)

    return report


ESTIMATED_AFTER = 2.0
"""Seconds before the remaining time is named. Chosen: shorter tasks end before anybody reads it."""


def remaining(progress: Progress) -> Progress:
    """Return the progress callback of a task whose fractions grow evenly; messages then end in the remaining time."""
    begin = time.monotonic()

    def report(fraction: float, message: str) -> None:
        passed = time.monotonic() - begin
        if passed > ESTIMATED_AFTER and 0 < fraction < 1:
            left = spoken(passed * (1 - fraction) / fraction)
            message = say("{message}, about {left} left", message=message, left=left)
        progress(fraction, message)

    return report


def spoken(seconds: float) -> str:
    """Return a duration in words, rounded to two digits or fewer: "8 s", "3 min", "1.5 h"."""
    if seconds < 100:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.2g} h"


_beat: ContextVar[Callable[[], None]] = ContextVar("beat", default=lambda: None)


@contextmanager
def pulsing(progress: Progress, fraction: float, message: str) -> Iterator[Progress]:
    """Connect `pulse` to a progress callback inside the `with` block, so that any loop in a long step can be cancelled.

    Yields the callback to report to. `pulse` repeats its last report; before the first one, `fraction` and `message`.
    """
    last = (fraction, message)

    def report(fraction: float, message: str) -> None:
        nonlocal last
        last = (fraction, message)
        progress(fraction, message)

    token = _beat.set(lambda: progress(*last))
    try:
        yield report
    finally:
        _beat.reset(token)


def pulse() -> None:
    """Repeat the last report of the `pulsing` block around this call; raises `Cancelled` if the work was cancelled.

    For loops that have no progress callback. It does nothing outside such a block."""
    _beat.get()()
