"""What a Parquet file's description says of each column chunk, read here.

PyArrow's own `RowGroupMetaData.column` ends the whole program on some damaged descriptions: its C++ exception is not
caught. This reads the few fields that budgets need. Source: Thrift's compact protocol and parquet.thrift.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

_TAIL, _MAGIC = 8, b"PAR1"
"""The last bytes of a file: the length of its description (4, little-endian) and Parquet's mark."""
_ENCODINGS = {2: "PLAIN_DICTIONARY", 7: "DELTA_BYTE_ARRAY", 8: "RLE_DICTIONARY"}
"""Numbers of parquet.thrift's encodings that are told apart here."""
_FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = 2, 3, 7, 8, 9, 10, 11, 12, 13
"""Types of the compact protocol; 1 and 2 are true and false, 4 to 6 whole numbers."""
_DEEPEST = 32
"""Structs within structs; our choice: Parquet's own descriptions are seven deep."""
_GROUPS, _COLUMNS, _META = 4, 1, 3
"""Numbers of parquet.thrift's fields: FileMetaData.row_groups, RowGroup.columns, ColumnChunk.meta_data."""


class Chunk(NamedTuple):
    """One column of one row group. Bytes and places are those of the file, unpacked bytes those of its pages."""

    encodings: frozenset[str]
    values: int
    unpacked: int
    packed: int
    data_page: int
    dictionary_page: int | None


def column_chunks(path: Path, columns: int) -> Iterator[tuple[int, Chunk]]:
    """Yield the number of the column, from 0, and what is said of it, for each row group in turn.

    `columns`: the leaves of the schema. Raises ArrowInvalid if the description is damaged.
    """
    try:
        for group in _Compact(_description(path)).struct().get(_GROUPS, []):
            if len(group[_COLUMNS]) != columns:
                raise ValueError("a row group has other columns than the schema")
            for at, chunk in enumerate(group[_COLUMNS]):
                yield at, _chunk(chunk[_META])
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise pa.ArrowInvalid(f"the description of the Parquet file is damaged: {error}") from error


def _description(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != _MAGIC or length > size - _TAIL:
            raise ValueError("it does not end as Parquet does")
        file.seek(size - _TAIL - length)
        return file.read(length)


def _chunk(said: dict[int, Any]) -> Chunk:
    names = frozenset(_ENCODINGS.get(number, str(number)) for number in said.get(2, []))
    return Chunk(names, said[5], said[6], said[7], said[9], said.get(11))


class _Compact:
    """Reads the compact protocol of Thrift from bytes: structs as field number -> value."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Read a struct. Raises ValueError or IndexError where the bytes are none."""
        if depth > _DEEPEST:
            raise ValueError("it is too deep")
        found, field = dict[int, Any](), 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._number()
            found[field] = head & 15 == 1 if head & 15 <= _FALSE else self._value(head & 15, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind <= _BYTE:
            return self._byte()
        if kind < _DOUBLE:
            return self._number()
        if kind in (_DOUBLE, _UUID, _BINARY):
            return self._bytes({_DOUBLE: 8, _UUID: 16}.get(kind) or self._varint())
        if kind in (_LIST, _SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15, depth + 1) for _ in range(self._counted(count))]
        if kind == _MAP:
            count = self._counted(self._varint())
            kinds = self._byte() if count else 0
            return [(self._value(kinds >> 4, depth + 1), self._value(kinds & 15, depth + 1)) for _ in range(count)]
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise ValueError(f"it holds a value of the unknown type {kind}")

    def _counted(self, count: int) -> int:
        if count > len(self._content) - self._at:  # a value takes at least a byte
            raise ValueError("it states more values than it holds")
        return count

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def _bytes(self, length: int) -> bytes:
        if length > len(self._content) - self._at:
            raise ValueError("it is cut off")
        self._at += length
        return self._content[self._at - length : self._at]

    def _varint(self) -> int:
        found = shift = 0
        while (byte := self._byte()) & 128:
            found, shift = found | (byte & 127) << shift, shift + 7
            if shift > 63:
                raise ValueError("a number of it is too long")
        return found | byte << shift

    def _number(self) -> int:
        """A whole number in zigzag form."""
        found = self._varint()
        return (found >> 1) ^ -(found & 1)
