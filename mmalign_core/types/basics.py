"""Shared basics of all types: modalities, errors, progress, read-only arrays and digests of content."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

MODALITIES = ("text", "image", "audio", "video")
_CHUNK = 1 << 20
"""Bytes read at a time; our choice, small beside the memory of any machine."""
_HASHED = 64 << 20
"""Bytes of a mapped file that are held while its digest is made; our choice."""

Progress = Callable[[float, str], None]
"""Called with (fraction done in 0..1, what is being done). It may raise `Cancelled` to stop the work."""


class BadInput(ValueError):
    """An input of the user cannot be used. The message is one sentence that names the input and the remedy."""


class Cancelled(Exception):
    """The user stopped the work. Finished parts are kept."""


def no_progress(fraction: float, message: str) -> None:
    """The progress callback that ignores all reports."""


def frozen_array(values: Any, dtype: Any = np.float32) -> np.ndarray:
    """Return a read-only, C-contiguous array of `dtype`. Copies only if necessary."""
    array = np.ascontiguousarray(values, dtype=dtype)
    if array is values or array.base is not None:
        array = array.copy() if array.flags.writeable else array
    array.flags.writeable = False
    return array


def rows_of(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return a read-only copy of these rows. `frozen_array` does not copy it again."""
    taken = array[rows]
    taken.flags.writeable = False
    return taken


def digest_bytes(*parts: bytes | memoryview | list[bytes]) -> str:
    """32 hex digits (BLAKE2b-128) of the parts, each framed by its length.

    A part is bytes, a view of them, or a list of the pieces that it consists of.
    """
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        views = [memoryview(piece) for piece in (part if isinstance(part, list) else [part])]
        h.update(sum(view.nbytes for view in views).to_bytes(8, "little"))
        for view in views:
            flat = view.cast("B") if view.nbytes else view
            for at in range(0, view.nbytes, _HASHED):
                h.update(flat[at : at + _HASHED])
                if isinstance(view.obj, np.ndarray):
                    release(view.obj)
    return h.hexdigest()


def digest_file(path: Path) -> str:
    """The digest of a file's content, equal to `digest_bytes` of its bytes. The file is read in chunks."""
    with path.open("rb") as file:
        return digest_stream(file)


def digest_stream(file: IO[bytes]) -> str:
    """The digest of an open file, equal to `digest_bytes` of its bytes. The file is read from its start."""
    file.seek(0)
    h = hashlib.blake2b(os.fstat(file.fileno()).st_size.to_bytes(8, "little"), digest_size=16)
    while chunk := file.read(_CHUNK):
        h.update(chunk)
    return h.hexdigest()


def bytes_of(array: np.ndarray) -> memoryview:
    """The bytes of an array in C order; they are copied only if they do not lie in that order."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def release(vectors: np.ndarray) -> None:
    """Give the memory of vectors that a file holds (`np.memmap` with mode "r") back to the system, where it can be.

    They are read from the file when they are used again.
    """
    base, unchanged = vectors, False
    while isinstance(base, np.ndarray):
        unchanged = unchanged or (isinstance(base, np.memmap) and base.mode == "r")
        base = base.base
    if unchanged and isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
