"""Digests of JSON values, of columns of texts and of data frames.

A column is written a chunk at a time by Arrow, to the very bytes that `json.dumps` writes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from mmalign_core.types.basics import digest_bytes, release
from mmalign_core.types.strings import Strings, hex_strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_CHUNK = 1 << 16
"""Cells that are written at a time; our choice: some megabytes."""
_CHUNK_BYTES = 1 << 22
"""Bytes of vectors that are copied at a time; our choice."""
_BYTES = 16
"""Bytes of a digest, as in `digest_bytes`."""
_PLAIN = r"^[ !#-\[\]-~]*$"
"""Texts that JSON writes as they are: printable ASCII without quotation mark and backslash."""
_ESCAPED = r'["\\\x00-\x1f]'
"""Characters that JSON escapes even where it keeps what is not ASCII."""


def digest_json(value: Any) -> str:
    """Return the digest of a value that JSON can hold. The order of keys does not matter."""
    return digest_bytes(json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """The bytes that `digest_json` digests."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, Strings) else str(value)


def digest_frame(frame: pd.DataFrame) -> str:
    """Digest of a data frame's index, columns and cells. Numbers count to the last bit, times to the nanosecond.

    Every missing value (None, NaN, NaT, NA) counts as the same. The width of a number's type does not count.
    """
    columns = [_column_bytes(frame.iloc[:, i]) for i in range(frame.shape[1])]
    return digest_bytes(_cells(frame.index), _cells(frame.columns), *columns)


def json_texts(column: Any) -> bytes:
    """An Arrow column (n,) of texts and nulls as `json.dumps` writes the list of them."""
    return b"".join(json_pieces(column))


def json_pieces(column: Any) -> Iterator[bytes]:
    """The bytes of `json_texts` in pieces."""
    yield b"["
    for number, piece in enumerate(_texts(column)):
        yield b", " + piece if number else piece
    yield b"]"


def json_rows(*columns: Strings) -> bytes:
    """Columns (n,) as JSON writes the list of their rows, in UTF-8: [["a", "b"], …]."""
    return b"[" + b", ".join(_rows(columns)) + b"]" if len(columns[0]) else b"[]"


def digest_each(parts: Iterable[bytes]) -> Strings:
    """The `digest_bytes` of each part by itself."""
    made = (hashlib.blake2b(len(part).to_bytes(8, "little") + part, digest_size=_BYTES).digest() for part in parts)
    return hex_strings(made, _BYTES)


def digest_rows(vectors: np.ndarray) -> Strings:
    """The `digest_bytes` of the bytes of each row of `vectors` (n, d)."""
    width = vectors.shape[1] * vectors.itemsize
    step = max(1, _CHUNK_BYTES // max(1, width))
    blocks = (_block(vectors, slice(at, at + step)) for at in range(0, len(vectors), step))
    return digest_each(block[at : at + width] for block in blocks for at in range(0, len(block), width))


def _block(vectors: np.ndarray, at: slice) -> bytes:
    block = vectors[at].tobytes()
    release(vectors)
    return block


def _texts(column: Any) -> Iterator[bytes]:
    for start in range(0, len(column), _CHUNK):
        chunk = column.slice(start, _CHUNK)
        if pc.all(pc.match_substring_regex(chunk, _PLAIN)).as_py() is False:
            yield json.dumps(chunk.to_pylist())[1:-1].encode()
        else:
            yield _joined(pc.fill_null(_between('"', '"', chunk), _word("null")))


def _rows(columns: Sequence[Strings]) -> Iterator[bytes]:
    for start in range(0, len(columns[0]), _CHUNK):
        chunks = [column.column.slice(start, _CHUNK) for column in columns]
        if any(pc.any(pc.match_substring_regex(chunk, _ESCAPED)).as_py() for chunk in chunks):
            listed = [list(row) for row in zip(*(chunk.to_pylist() for chunk in chunks))]
            yield json.dumps(listed, ensure_ascii=False)[1:-1].encode()
        else:
            yield _joined(_between('["', '"]', pc.binary_join_element_wise(*chunks, _word('", "'))))


def _between(before: str, after: str, cells: Any) -> Any:
    return pc.binary_join_element_wise(_word(before), cells, _word(after), _word(""))


def _joined(cells: Any) -> bytes:
    """The cells with a comma and a space between them: an Arrow column keeps its texts end to end."""
    _, offsets, texts = _between("", ", ", cells).buffers()
    end = int(np.frombuffer(offsets, np.int64)[len(cells)])
    return texts.slice(0, end - len(", ")).to_pybytes()


def _word(text: str) -> Any:
    return pa.scalar(text, pa.large_string())


def _column_bytes(column: pd.Series) -> bytes | memoryview:
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
    if isinstance(values.dtype, pd.StringDtype):
        return json_texts(arrow_texts(values))
    return json.dumps([_cell(value) for value in values]).encode()


def arrow_texts(values: pd.Series | pd.Index) -> Any:
    """The Arrow column of a pandas column of texts; nothing is copied where pandas keeps it so."""
    found = pa.array(values.array, from_pandas=True)
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return found if found.type == pa.large_string() else found.cast(pa.large_string())


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
