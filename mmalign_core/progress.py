"""Progress callbacks: for one part of a longer task, and for the steps of a fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mmalign_core.types import Progress

Watch = Callable[[Mapping[str, float]], None]
"""Called with each row of a fit's history (step, loss, …) during the fit."""


def no_watch(values: Mapping[str, float]) -> None:
    """The default `Watch`: ignore the row."""


def within(progress: Progress, start: float, end: float, words: str = "") -> Progress:
    """Return the progress callback of a part that spans `start`..`end` of the task; `words` prefixes its messages."""

    def report(fraction: float, message: str) -> None:
        progress(start + (end - start) * min(max(fraction, 0.0), 1.0), f"{words}{message}")

    return report
