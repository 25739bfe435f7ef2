"""The heap of a process that runs for days: freed memory goes back to the system. Does nothing outside glibc."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Options of `mallopt`, from malloc.h of glibc."""
_LARGE = 1 << 20
"""Bytes from which an array gets pages of its own, which go back at once when it is freed. Left alone, glibc raises the
limit to 32 MB after the first large array is freed, and freed arrays then stay in the heap. Our choice."""
_ARENAS = 2
"""Heaps for all threads: as many as background jobs run at once. glibc makes eight a core, and each keeps its peak."""


def limit_heap() -> bool:
    """Let large arrays go back to the system as soon as they are freed. Return whether the system took the options."""
    libc = _glibc()
    return libc is not None and all([libc.mallopt(_MMAP_THRESHOLD, _LARGE), libc.mallopt(_ARENA_MAX, _ARENAS)])


def release_freed() -> None:
    """Collect what nothing refers to, and give freed pages back to the system. It takes tenths of a second."""
    gc.collect()
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


@cache
def _glibc() -> Any:
    try:
        found = ctypes.CDLL("libc.so.6")
    except OSError:
        return None  # another system, or another C library
    return found if hasattr(found, "malloc_trim") else None
