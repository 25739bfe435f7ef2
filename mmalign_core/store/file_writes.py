"""Files that are written whole or not at all, and only over what this program made."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from mmalign_core.store.exchanges import sync
from mmalign_core.store.parts import new_file
from mmalign_core.types import BadInput


def check_file(path: Path, is_ours: Callable[[Path], bool], option: str, overwrite: bool = False) -> None:
    """Raise BadInput if `path` is a file for which `is_ours` is false, unless `overwrite` is set.

    Devices, pipes and empty files pass, since they have no content to lose.
    """
    if overwrite or not path.is_file() or not path.stat().st_size or is_ours(path):
        return
    raise BadInput(
        f"{option} {path}: that file exists and was not written by this program; name another file, or add --overwrite"
    )


def write_file(path: Path, content: bytes, durable: bool = True) -> None:
    """Write the file whole or not at all. Missing folders are created and links followed. Raises OSError.

    A device or a pipe is written directly; a file in a folder without write permission too, once the disk has room for
    all of it. `durable`: flush it to the disk first, so that it is whole after a power cut too; without, its reader
    must check the content.
    """
    fill_file(path, lambda file: file.write(content), durable)


def fill_file(path: Path, fill: Callable[[IO[bytes]], object], durable: bool = True) -> None:
    """The same for what `fill` writes, which may be more than memory holds."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            fill(file)
        return
    if path.exists() and not os.access(path.parent, os.W_OK | os.X_OK):
        _fill_in_place(path, fill)
        return
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    with new_file(path) as (part, file):
        fill(file)
        file.flush()
        if durable:
            os.fsync(file.fileno())
        os.chmod(part, mode)
        os.replace(part, path)
        if durable:
            sync(path.parent)


def _fill_in_place(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write to a file whose folder takes no other: the content is made first, then room for it, then it is copied."""
    with tempfile.TemporaryFile() as made, path.open("r+b") as file:
        fill(made)
        size, before = made.tell(), path.stat().st_size
        made.seek(0)
        try:
            if size > before and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), before, size - before)
        except OSError:
            with suppress(OSError):
                file.truncate(before)
            raise
        shutil.copyfileobj(made, file)
        file.truncate(size)
        file.flush()
        os.fsync(file.fileno())


def _umask() -> int:
    """The permissions that new files lack. The system returns the mask only when a new one is set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
