"""Progress of one part of a longer piece of work."""

from __future__ import annotations

from mmalign_core.types import Progress


def within(progress: Progress, start: float, end: float, words: str = "") -> Progress:
    """Return the progress callback of a part that spans `start`..`end` of the whole; `words` prefix its messages."""

    def shown(fraction: float, message: str) -> None:
        progress(start + (end - start) * min(max(fraction, 0.0), 1.0), f"{words}{message}")

    return shown
