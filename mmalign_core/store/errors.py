"""What the system and the libraries raise about the store, said in one line with the cure."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmalign_core.types import BadInput

UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOTDIR}


def unwritable(folder: Path, reason: str) -> BadInput:
    """The error for a folder that cannot be written."""
    return BadInput(f"cannot write to '{folder}': {reason}; mend that or choose another folder (--store, --save)")


def system_code(error: Exception) -> int:
    """The system's error number, also where a Rust library put it into its message; 0 when there is none."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = re.search(r"\(os error (\d+)\)|code: (\d+)", str(error))
    return int(found[1] or found[2]) if found else 0


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turns what LanceDB and the system raise about `folder` into BadInput: unwritable, or damaged and the cure."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        # A panic in LanceDB's Rust part has a class of its own that cannot be imported.
        if not isinstance(error, (OSError, RuntimeError, ValueError)) and type(error).__name__ != "RustPanic":
            raise
        if system_code(error) in UNWRITABLE:
            raise unwritable(folder, os.strerror(system_code(error))) from error
        if re.search(r"conflict|incompatible transaction", str(error), re.IGNORECASE):
            raise BadInput(f"another session changed '{folder}' at the same moment; try again") from error
        reason = " ".join(str(error).split())[:160]
        raise BadInput(
            f"'{folder}' is damaged ({reason}); delete that folder and run again: only what it held is made anew"
        ) from error


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what the system raises while files are written below `folder` (a full disk) into BadInput."""
    try:
        yield
    except Exception as error:
        if system_code(error) not in UNWRITABLE:
            raise
        raise unwritable(folder, os.strerror(system_code(error))) from error


def refusal(place: Path) -> int:
    """The system's number for why nothing could be put at `place`, 0 when it seems it can; nothing is made."""
    try:
        parent = next(folder for folder in place.absolute().parents if folder.exists())
    except OSError as error:  # too long a name, a folder that may not be looked into
        return error.errno or errno.EIO
    if not parent.is_dir():
        return errno.ENOTDIR
    return 0 if os.access(parent, os.W_OK | os.X_OK) else errno.EACCES


def make_folder(folder: Path) -> Path:
    """The folder, made when absent; BadInput when a file is in the way or it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error
    return folder
