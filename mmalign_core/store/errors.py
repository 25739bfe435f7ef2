"""Errors of the operating system and of LanceDB about the store, as BadInput in one line with the cure."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmalign_core.store.places import endpoint
from mmalign_core.types import BadInput

UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOTDIR}

_REFUSED = r"CredentialsNotLoaded|no providers in chain|status: 40[13]|Forbidden|169\.254\.169\.254"
"""What Lance says where credentials are missing, which it then asks of Amazon's address for machines, or refused."""


def unwritable(folder: Path, reason: str) -> BadInput:
    """The error for a folder that cannot be written."""
    return BadInput(f"cannot write to '{folder}': {reason}; fix that or choose another folder (--store, --save)")


def system_code(error: Exception) -> int:
    """The system's error number (errno), also from the message of a Rust library; 0 if there is none."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    match = re.search(r"\(os error (\d+)\)|code: (\d+)", str(error))
    return int(match[1] or match[2]) if match else 0


@contextmanager
def explained(folder: Path | str) -> Iterator[None]:
    """Raise errors of LanceDB and the system about `folder` as BadInput: unwritable, in use, or damaged.

    An address of object storage may also be refused, absent, or its server gone.
    """
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        # LanceDB's RustPanic class cannot be imported.
        if not isinstance(error, (OSError, RuntimeError, ValueError)) and type(error).__name__ != "RustPanic":
            raise
        if isinstance(folder, str):
            raise object_storage_error(folder, error) from error
        if system_code(error) in UNWRITABLE:
            raise unwritable(folder, os.strerror(system_code(error))) from error
        if re.search(r"conflict|incompatible transaction", str(error), re.IGNORECASE):
            raise BadInput(f"another session changed '{folder}' at the same moment; try again") from error
        reason = " ".join(str(error).split())[:160]
        raise BadInput(
            f"'{folder}' is damaged ({reason}); delete that folder and run again: only its content is computed again"
        ) from error


def object_storage_error(address: str, error: Exception) -> BadInput:
    """The error of Lance about an address of object storage, in one line with the cure."""
    told = str(error)
    server = endpoint() or "Amazon S3"
    code = next(iter(re.findall(r"<Code>(\w+)</Code>", told)), "")
    if code == "NoSuchBucket":
        return BadInput(f"there is no bucket for '{address}' at {server}; make it, or correct the address")
    if re.search(
        r"CredentialsNotLoaded|no providers in chain|status: 40[13]|Forbidden|\b403\b|169\.254\.169\.254", told
    ):
        why = code or "no credentials"
        return BadInput(
            f"{server} refuses '{address}' ({why}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a user who may "
            "read and write there"
        )
    if re.search(r"conflict|incompatible transaction", told, re.IGNORECASE):
        return BadInput(f"another session changed '{address}' at the same moment; try again")
    if re.search(r"Connect|connection|timed? ?out|dns|status: 5\d\d", told, re.IGNORECASE):
        return BadInput(f"{server} does not answer for '{address}'; what was committed is kept: run again later")
    return BadInput(f"'{address}' cannot be read ({' '.join(told.split())[:160]}); remove that table and run again")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raise errors of the system while files are written below `folder`, such as a full disk, as BadInput."""
    try:
        yield
    except Exception as error:
        if system_code(error) not in UNWRITABLE:
            raise
        raise unwritable(folder, os.strerror(system_code(error))) from error


def refusal(place: Path) -> int:
    """The errno with which creating `place` would fail; 0 if it looks possible. Nothing is created."""
    try:
        parent = next((folder for folder in place.absolute().parents if folder.exists()), place)
    except OSError as error:  # the name is too long, or a folder may not be searched
        return error.errno or errno.EIO
    if not parent.is_dir():
        return errno.ENOTDIR
    if os.access(parent, os.W_OK | os.X_OK):
        return 0
    return errno.EROFS if hasattr(os, "statvfs") and os.statvfs(parent).f_flag & os.ST_RDONLY else errno.EACCES


def make_folder(folder: Path) -> Path:
    """Create the folder if it is absent and return it. Raises BadInput if a file has its name or it is not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error
    return folder
