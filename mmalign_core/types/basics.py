"""Shared basics of all types: modalities, errors, progress, read-only arrays and digests of content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

MODALITIES = ("text", "image", "audio", "video")
_CHUNK = 1 << 20
"""Bytes read at a time; our choice, small beside the memory of any machine."""

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


def digest_bytes(*parts: bytes) -> str:
    """32 hex digits (BLAKE2b-128) of the parts, each framed by its length."""
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        h.update(len(part).to_bytes(8, "little"))
        h.update(part)
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


def digest_json(value: Any) -> str:
    """Return the digest of a value that JSON can hold. The order of keys does not matter."""
    return digest_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode())


def digest_frame(frame: pd.DataFrame) -> str:
    """Digest of a data frame's index, columns and cells. Numbers count to the last bit, times to the nanosecond.

    Every missing value (None, NaN, NaT, NA) counts as the same. The width of a number's type does not count.
    """
    columns = [_column_bytes(frame.iloc[:, i]) for i in range(frame.shape[1])]
    return digest_bytes(_cells(frame.index), _cells(frame.columns), *columns)


def _column_bytes(column: pd.Series) -> bytes:
    dtype = column.dtype if isinstance(column.dtype, np.dtype) else np.dtype(object)
    kind = dtype.kind
    if kind in "bi" or (kind == "u" and dtype.itemsize < 8):
        return kind.encode() + column.to_numpy().astype(np.int64).tobytes()
    if kind == "f":
        numbers = column.to_numpy().astype(np.float64)
        return b"f" + np.where(np.isnan(numbers), np.nan, numbers).tobytes()
    if kind == "M":
        return b"M" + _times(column.to_numpy())
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        instants = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return f"M{column.dtype.tz}".encode() + _times(instants)
    return b"O" + _cells(column)


def _times(times: np.ndarray) -> bytes:
    """Whole seconds and the nanoseconds after them, so that the unit in which times are kept does not count."""
    seconds = times.astype("datetime64[s]")
    return seconds.astype(np.int64).tobytes() + (times - seconds).astype("timedelta64[ns]").astype(np.int64).tobytes()


def _cells(values: pd.Series | pd.Index) -> bytes:
    return json.dumps([_cell(value) for value in values]).encode()


def _cell(value: Any) -> Any:
    """The cell as JSON has it: Python writes a float so that it reads back the same."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value).isoformat()
    if isinstance(value, (np.generic, np.ndarray)):
        return _cell(value.tolist())
    if isinstance(value, Mapping):
        return {"map": [[_cell(key), _cell(held)] for key, held in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_cell(held) for held in value]
    return value.isoformat() if isinstance(value, date) else str(value)
