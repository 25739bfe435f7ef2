"""Reading .npy files safely: the header is checked before anything is allocated, pickles are never opened."""

from __future__ import annotations

import math
from pathlib import Path
from tokenize import TokenError
from typing import IO, NamedTuple

import numpy as np

from mmalign_core.data.files import check_size
from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
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


class Header(NamedTuple):
    """What .npy content says of itself; `fortran`: columns lie together, not rows."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype

    @property
    def nbytes(self) -> int:
        """Bytes that the values take."""
        return math.prod(self.shape) * self.dtype.itemsize


def map_npy(path: Path, name: str, settings: Settings) -> np.ndarray:
    """The array of a file, mapped and not loaded; BadInput, which calls it `name`, if it cannot be one of ours."""
    label = f"'{shown(name)}'"
    try:
        size = path.stat().st_size
        check_size(size, label, settings)
        with path.open("rb") as file:
            header = check_header(file, size, label)
        if not header.nbytes:
            return np.empty(header.shape, header.dtype)  # nothing to map
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGE as error:
        raise _whole(error, label) from error


def check_header(file: IO[bytes], size: int, label: str) -> Header:
    """What the .npy content of `size` bytes says at its start.

    BadInput if it is no such content, holds Python objects, or is shorter than its shape asks for.
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
    if header.dtype.fields is not None or any(n < 0 for n in header.shape):
        raise BadInput(f"{label} holds records, not numbers; save a plain array")
    if header.nbytes > size - file.tell():
        raise BadInput(f"{label} is shorter than its shape {header.shape} asks for; save it again")
    return header


def check_vectors(array: np.ndarray, label: str) -> np.ndarray:
    """The array if it is (n, d) and real numbers, else BadInput."""
    if array.dtype.kind not in "fiub":
        raise BadInput(f"{label} holds {array.dtype}, not real numbers; save the vectors as float32")
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
