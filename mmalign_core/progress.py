"""Progress of longer work: of one of its parts, and of the steps of a fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mmalign_core.types import Progress

Watch = Callable[[Mapping[str, float]], None]
"""Called with each row of a fit's history (step, loss, …) while the fit goes on."""


def no_watch(values: Mapping[str, float]) -> None:
    """The watcher of a fit that nobody looks at."""


def within(progress: Progress, start: float, end: float, words: str = "") -> Progress:
    """Return the progress callback of a part that spans `start`..`end` of the whole; `words` prefix its messages."""

    def shown(fraction: float, message: str) -> None:
        progress(start + (end - start) * min(max(fraction, 0.0), 1.0), f"{words}{message}")

    return shown
