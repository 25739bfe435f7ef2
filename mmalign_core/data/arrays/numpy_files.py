"""Safe reading of .npy and .npz files: headers are checked before memory is allocated, pickles are never loaded."""

from __future__ import annotations

import math
import warnings
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import IO, NamedTuple

import numpy as np

from mmalign_core.data.files import check_size
from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Progress

warnings.filterwarnings("ignore", message=r"Reading `\.npy`")  # of headers of Python 2, which are read all the same
_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_MAPPED_FROM = 256 << 20
"""Bytes from which a file of the user's own stays on disk; our choice: smaller ones fit any memory twice."""
_DAMAGE = (
    ValueError,
    OSError,
    EOFError,
    TypeError,
    SyntaxError,
    OverflowError,
    MemoryError,
    RecursionError,
    TokenError,
)
_NPZ_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, LookupError, TypeError)
"""What NumPy, and for .npz zipfile and zlib, raise on damaged content."""


class Header(NamedTuple):
    """The header of .npy content; `fortran`: the values are stored column by column."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype

    @property
    def nbytes(self) -> int:
        """Size of the values in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def map_npy(path: Path, name: str, settings: Settings, *, records: bool = False) -> np.ndarray:
    """The array in an .npy file, memory-mapped and read-only; `records`: it may hold records of plain fields.

    Raises BadInput, which calls the file `name`, if it is empty, too large, damaged, or holds Python objects or other
    records.
    """
    label = f"'{shown(name)}'"
    try:
        size = path.stat().st_size
        check_size(size, label, settings)
        with path.open("rb") as file:
            header = check_header(file, size, label, records=records)
        if not header.nbytes:
            return np.empty(header.shape, header.dtype)  # nothing to map
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGE as error:
        raise _whole(error, label) from error


def held_safely(array: np.ndarray, path: Path, settings: Settings) -> np.ndarray:
    """The mapped array, or a copy in memory where its file is small and may be rewritten while the array is in use.

    Files below the settings' root are copies that nobody rewrites. A large file of the user's own stays mapped, since
    memory may not hold it: it must not be rewritten while the collection is open.
    """
    inside = path.resolve().is_relative_to(settings.root.resolve())
    if inside or array.nbytes >= _MAPPED_FROM:
        return array
    copy = np.load(path, allow_pickle=False)
    copy.flags.writeable = False
    return copy


def check_header(file: IO[bytes], size: int, label: str, *, records: bool = False) -> Header:
    """The header of open .npy content of `size` bytes; `label` is what messages call it.

    Raises BadInput if it is not .npy content, holds Python objects or records, or is shorter than its shape needs.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in _READERS:
            raise BadInput(f"{label} holds records, not numbers; save a plain array")
        header = Header(*_READERS[version](file))
    except _DAMAGE as error:
        raise _whole(error, label) from error
    if header.dtype.hasobject:
        raise BadInput(f"{label} holds Python objects (a pickle), which is never opened; save numbers or plain text")
    fields = header.dtype.fields or {}
    plain = records and header.nbytes > 0 and all(one[0].base.fields is None for one in fields.values())
    if (fields and not plain) or any(n < 0 for n in header.shape):
        raise BadInput(f"{label} holds records, not numbers; save a plain array")
    if header.nbytes > size - file.tell():
        raise BadInput(f"{label} is shorter than its shape {header.shape} asks for; save it again")
    return header


def check_vectors(array: np.ndarray, label: str) -> np.ndarray:
    """The array itself; raises BadInput, which calls it `label`, unless it is (n, d) of real numbers and not empty."""
    if array.dtype.kind not in "fiub":
        kind = "2 bytes a value without a kind, as bfloat16 is saved" if array.dtype == "V2" else str(array.dtype)
        raise BadInput(f"{label} holds {kind}, not real numbers; save the vectors as float32")
    if array.ndim != 2:
        raise BadInput(
            f"{label} has the shape {array.shape}, not (n, d) with one vector a row; save each modality by itself, "
            "as image_vector.npy, text_vector.npy, audio_vector.npy, and the n ids in ids.txt beside them"
        )
    if not array.size:
        raise BadInput(f"{label} is empty, of the shape {array.shape}; save one vector for each id")
    return array


def _whole(error: Exception, label: str) -> BadInput:
    if isinstance(error, BadInput):
        return error
    return BadInput(f"{label} is not a whole NumPy array ({shown(error)}); save it again")


def read_npz(path: Path, name: str, settings: Settings, progress: Progress) -> dict[str, np.ndarray]:
    """The arrays in an .npz file by name, in the order of the file.

    Raises BadInput, which calls the file `name`, if it is no .npz or damaged, an array holds Python objects or records
    or is not of the shape it states, one is larger than `settings.max_file_bytes`, or all together are larger than
    `settings.max_archive_bytes`.
    """
    label = f"'{shown(name)}'"
    try:
        check_size(path.stat().st_size, label, settings)
        with zipfile.ZipFile(path) as archive:
            members = {i.filename.removesuffix(".npy"): i for i in archive.infolist() if i.filename.endswith(".npy")}
            _check_sizes(archive, members, label, settings)
            return {key: _member(archive, members[key], f"{label}, '{shown(key)}'", progress) for key in members}
    except _NPZ_DAMAGE as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{label} is not a whole .npz file ({shown(error)}); save it again") from error


def _check_sizes(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], label: str, settings: Settings) -> None:
    if not members:
        raise BadInput(f"{label} holds no arrays; save it with numpy.savez")
    for key, info in members.items():
        check_size(info.file_size, f"{label}, '{shown(key)}'", settings)
        with archive.open(info) as file:
            check_header(file, info.file_size, f"{label}, '{shown(key)}'")
    total = sum(info.file_size for info in members.values())
    if total > settings.max_archive_bytes:
        raise BadInput(
            f"{label} unpacks to {total:,} bytes, more than {settings.max_archive_bytes:,}; split it "
            "or raise MMALIGN_MAX_ARCHIVE_BYTES"
        )


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str, progress: Progress) -> np.ndarray:
    """The array of one member. No more bytes are read than its header states."""
    progress(0.0, f"unpacking {label}")
    with archive.open(info) as file:
        header = check_header(file, info.file_size, label)
        content = file.read(header.nbytes)
    if len(content) < header.nbytes:
        raise BadInput(f"{label} is shorter than its shape {header.shape} asks for; save it again")
    order = "F" if header.fortran else "C"
    return np.ndarray(header.shape, header.dtype, content, order=order)
