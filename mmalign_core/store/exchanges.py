"""Exchanges: two names change what they stand for, in one step where the system can, else in steps to be undone."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""Paths from the current folder, and the flag by which both names are kept (Linux, fcntl.h and fs.h)."""
_NOT_THERE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}
"""What systems and disks say that know no exchange."""


def exchange(one: Path, other: Path, between: Path) -> None:
    """Let `one` and `other`, two folders beside each other, change their names.

    Linux does so in one step. Elsewhere `other` is first renamed to `between`, where a later start finds it if this
    process is killed before `one` has its name.
    """
    if _exchanged(one, other):
        return
    os.rename(other, between)
    try:
        os.rename(one, other)
    except OSError:
        os.rename(between, other)
        raise
    os.rename(between, one)


def rename_new(part: Path, target: Path) -> None:
    """Rename a folder to `target`, which must be absent or an empty folder; else raises FileExistsError."""
    try:
        os.replace(part, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk. Disks that cannot flush folders are left alone."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below to disk, so that no empty file is visible after the folder's rename."""
    for path in [*folder.rglob("*"), folder]:
        if not path.is_symlink():
            sync(path)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange in one step; False where the system or the disk cannot."""
    call = _call()
    if call is None:
        return False
    if not call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        return True
    code = ctypes.get_errno()
    if code in _NOT_THERE:
        return False
    raise OSError(code, os.strerror(code), str(other))


@cache
def _call() -> Any | None:
    """The C library's renameat2; None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
