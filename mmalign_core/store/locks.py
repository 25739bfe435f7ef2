"""Holds: a writer holds its unfinished file or folder with the system's lock, which ends with its process.

So a dead writer is told from a slow one by no clock and no process number, also between containers.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

Hold = Literal["ours", "theirs", "unknown"]
"""Who holds a file or folder: this block, another process or block, or nobody can tell: the system has no such lock."""

_TURN = 5.0
"""Seconds that a writer waits for its turn. Our choice: far more than a rename takes, and a lock that the user's own
program holds on the folder must not stop us for good."""
_POLL = 0.01
"""Seconds between two looks at a lock that is taken; our choice."""


@contextmanager
def held(path: Path) -> Iterator[Hold]:
    """Hold the file or folder until the block ends, unless another one holds it. FileNotFoundError if it is absent.

    A link is not followed: OSError. Children that a process starts with exec do not inherit the hold.
    """
    if sys.platform == "win32":
        yield "unknown"
        return
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Writers of one folder take turns for the moment in which names change. Waits a few seconds at most."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        until = time.monotonic() + _TURN
        while _lock(handle) == "theirs" and time.monotonic() < until:
            time.sleep(_POLL)
        yield
    finally:
        os.close(handle)


def hold_open(handle: int) -> Hold:
    """Hold an open file until it is closed."""
    return "unknown" if sys.platform == "win32" else _lock(handle)


def _lock(handle: int) -> Hold:
    if sys.platform == "win32":
        return "unknown"
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return "theirs" if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else "unknown"
    return "ours"
