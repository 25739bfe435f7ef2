"""Strings: a read-only sequence of texts that lie in one Arrow column, not in one Python object each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_CHUNK = 1 << 14
"""Texts that an iteration turns into Python objects at a time; our choice: a few megabytes."""
_MANY = 1 << 20
"""Texts from which it is worth a look whether all differ: a table of ten million takes over a gigabyte. Our choice."""
_ODD = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4): its powers, by which bytes
are summed, are spread over all numbers."""


class Strings(Sequence[str]):
    """Texts (n,), as a tuple of them reads, and as a column where many are asked for at once.

    `column`: the Arrow array (n,) of large_string, without nulls. A slice is a view and copies nothing. Strings equal
    any sequence of the same texts, and hash as a tuple of them.
    """

    __slots__ = ("column",)

    def __init__(self, values: Any = ()) -> None:
        """`values`: texts, or an Arrow array of them. Raises TypeError or ValueError if one is no valid text."""
        column = _column(values)
        if column.null_count:
            raise ValueError("a column of texts holds a null")
        self.column: Any = column

    @staticmethod
    def of(values: Sequence[str]) -> Strings:
        """The values themselves if they lie in a column already, else a column of them."""
        return values if isinstance(values, Strings) else Strings(values)

    def __len__(self) -> int:
        return len(self.column)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Strings: ...
    def __getitem__(self, at: int | slice) -> str | Strings:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step == 1:
                return Strings(self.column.slice(start, max(0, stop - start)))
            return self.take(np.arange(start, stop, step))
        place = int(at)
        if not -len(self) <= place < len(self):
            raise IndexError(f"there is no text {place} among {len(self)}")
        return self.column[place % len(self)].as_py()

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _CHUNK):
            yield from self.column.slice(start, _CHUNK).to_pylist()

    def tolist(self) -> list[str]:
        """The texts as a list."""
        return self.column.to_pylist()

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and pc.index(self.column, pa.scalar(value, pa.large_string())).as_py() >= 0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Strings):
            return bool(self.column.equals(other.column))
        if isinstance(other, str) or not isinstance(other, Sequence):
            return NotImplemented
        return len(other) == len(self) and all(a == b for a, b in zip(self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __add__(self, other: Sequence[str]) -> Strings:
        return joined_strings([self, Strings.of(other)])

    def __radd__(self, other: Sequence[str]) -> Strings:
        return joined_strings([Strings.of(other), self])

    def __mul__(self, times: int) -> Strings:
        return joined_strings([self] * times)

    def __repr__(self) -> str:
        return f"Strings({self.column.slice(0, 5).to_pylist()!r}{', …' if len(self) > 5 else ''}, {len(self):,} in all)"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.column.to_pylist(), dtype=dtype or (None if len(self) else "U1"))

    def __reduce__(self) -> tuple[Any, ...]:
        return Strings, (self.column,)

    def take(self, rows: Any) -> Strings:
        """Only the texts at `rows` (k,), in this order."""
        return Strings(self.column.take(pa.array(np.asarray(rows, np.int64))))

    def places_of(self, wanted: Sequence[str]) -> np.ndarray:
        """(k,) int64: for each text wanted the first place where it stands here, -1 where it stands nowhere."""
        found = pc.index_in(Strings.of(wanted).column, value_set=self.column)
        return found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)

    def among(self, others: Sequence[str]) -> np.ndarray:
        """(n,) bool: which of these texts stand among the others."""
        return pc.is_in(self.column, value_set=Strings.of(others).column).to_numpy(zero_copy_only=False)

    def numbered(self) -> tuple[np.ndarray, Strings]:
        """(n,) int64: the number of each text among the distinct ones, which come in order of appearance."""
        coded = self.column.dictionary_encode()
        return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), Strings(coded.dictionary)

    def sorted_numbers(self) -> np.ndarray:
        """(n,) int64: the number of each text among the distinct ones, sorted."""
        numbers, distinct = self.numbered()
        place = np.empty(len(distinct), np.int64)
        place[pc.sort_indices(distinct.column).to_numpy()] = np.arange(len(distinct))
        return place[numbers]

    def firsts(self) -> np.ndarray:
        """(n,) int64: for each text the first place where the same text stands."""
        if len(self) >= _MANY and _surely_distinct(self.column):
            return np.arange(len(self))
        numbers, distinct = self.numbered()
        first = np.empty(len(distinct), np.int64)
        first[numbers[::-1]] = np.arange(len(self) - 1, -1, -1)
        return first[numbers]


def joined_strings(parts: Sequence[Strings]) -> Strings:
    """One column of all parts, in order."""
    return Strings(pa.concat_arrays([part.column for part in parts])) if parts else Strings()


def hex_strings(digests: Iterator[bytes], size: int) -> Strings:
    """The digests of `size` bytes each, each as a text of hex digits."""
    width, written = 2 * size, bytearray()
    while block := b"".join(islice(digests, _CHUNK)):
        written += block.hex().encode()
    count = len(written) // width
    offsets = np.arange(0, len(written) + 1, width, dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(written)]
    return Strings(pa.Array.from_buffers(pa.large_string(), count, buffers))


def _column(values: Any) -> Any:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if values.type == pa.large_string() else values.cast(pa.large_string())
    return pa.array(values if isinstance(values, list) else list(values), pa.large_string())


def _surely_distinct(column: Any) -> bool:
    """Whether no two texts of an Arrow column have one hash, so that all differ. Memory holds the hashes."""
    hashes = np.empty(len(column), np.uint64)
    for start in range(0, len(column), _CHUNK):
        hashes[start : start + _CHUNK] = _hashes(column.slice(start, _CHUNK))
    hashes.sort()
    return not (hashes[1:] == hashes[:-1]).any()


def _hashes(chunk: Any) -> np.ndarray:
    """(b,) uint64: the sum of each text's bytes, each times a power of an odd number; equal texts have equal sums."""
    _, offsets, held = chunk.buffers()
    ends = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    numbers = np.frombuffer(held or b"", np.uint8)[ends[0] : ends[-1]].astype(np.uint64) + np.uint64(1)
    sizes, starts = np.diff(ends), ends[:-1] - ends[0]
    powers = np.cumprod(np.full(int(sizes.max(initial=0)) + 1, _ODD, np.uint64))
    numbers *= powers[np.arange(len(numbers)) - np.repeat(starts, sizes)]
    sums = np.add.reduceat(np.append(numbers, np.uint64(0)), starts)
    return np.where(sizes > 0, sums, np.uint64(0))
