"""What cannot be made becomes a note, and the rest is made all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mmalign_core.types import BadInput

T = TypeVar("T")


def noted(notes: list[str], make: Callable[[], T]) -> T | None:
    """What it makes, or None and the reason of its BadInput among the notes."""
    try:
        return make()
    except BadInput as reason:
        notes.append(str(reason))
        return None
