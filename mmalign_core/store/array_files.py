"""Named arrays as safetensors files: written block by block, and left on disk where they are large."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.types import BadInput, frozen_array
from mmalign_core.types.basics import bytes_of, release

_MAPPED_FROM = 64 << 20
"""Bytes from which an array stays in its file, from where the system reads what is used. Our choice: reading smaller
ones takes less than a tenth of a second."""
_AT_ONCE = 32 << 20
"""Bytes written at a time; our choice."""
_ALIGNED = 8
"""Bytes to a multiple of which the header is filled up, as safetensors' own writer does."""
_CODES = {"b1": "BOOL", "u1": "U8", "i1": "I8", "u2": "U16", "i2": "I16", "u4": "U32", "i4": "I32", "u8": "U64"}
_CODES |= {"i8": "I64", "f2": "F16", "f4": "F32", "f8": "F64"}
"""NumPy's kind and size -> type in the header, of the format's description (huggingface/safetensors, README)."""
_TYPES = {code: np.dtype(kind).newbyteorder("<") for kind, code in _CODES.items()}


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as safetensors. Raises BadInput for an array that is not of numbers or booleans.

    Memory holds a block beside them; safetensors' own writer copies every array.
    """
    header: dict[str, Any] = {}
    end = 0
    plain = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        code = _CODES.get(array.dtype.str[1:])
        if code is None:
            raise BadInput(f"the array '{name}' is of type {array.dtype}; only numbers and booleans can be saved")
        header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    words = json.dumps(header, separators=(",", ":")).encode()
    words += b" " * (-len(words) % _ALIGNED)
    with path.open("wb") as file:
        file.write(len(words).to_bytes(8, "little") + words)
        for array in plain.values():
            rows = array if array.ndim else array.reshape(1)
            step = max(1, _AT_ONCE // max(1, rows.nbytes // max(1, len(rows))))
            for at in range(0, len(rows), step):
                block = rows[at : at + step]
                file.write(bytes_of(block.astype(block.dtype.newbyteorder("<"), copy=False)))
                release(array)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Name -> read-only array from a safetensors file; large ones are memory-mapped, where an open file can be removed.

    Raises SafetensorError or OSError for a file that is none, or damaged.
    """
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:  # checks the header: places, sizes and types
        names = list(file.keys())
        most = _MAPPED_FROM if os.name == "posix" else float("inf")
        small = {name for name in names if _bytes_in(file.get_slice(name)) < most}
        read = {name: file.get_tensor(name) for name in small}
    places = _header(path) if len(small) < len(names) else {}
    arrays = {name: read[name] if name in small else _mapped(path, *places[name]) for name in names}
    return {name: frozen_array(array, array.dtype).reshape(array.shape) for name, array in arrays.items()}


def _bytes_in(tensor: Any) -> int:
    kind = _TYPES.get(tensor.get_dtype())
    return 0 if kind is None else int(np.prod(tensor.get_shape(), dtype=np.int64)) * kind.itemsize


def _header(path: Path) -> dict[str, tuple[np.dtype, tuple[int, ...], int]]:
    """Name -> type, shape and place in the file of each array, of a file whose header was checked."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {
        name: (_TYPES[one["dtype"]], tuple(one["shape"]), 8 + size + one["data_offsets"][0])
        for name, one in header.items()
        if one["dtype"] in _TYPES
    }


def _mapped(path: Path, kind: np.dtype, shape: tuple[int, ...], at: int) -> np.ndarray:
    return np.memmap(path, kind, "r", at, shape)
