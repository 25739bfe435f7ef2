"""Cells of a table's column: an Arrow column where the file has one, else a list of Python values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from mmalign_core.data.tabular.written_values import written_column, written_list

Cells = Any
"""Cells (n,): a `pyarrow.Array`, a `pyarrow.ChunkedArray`, an array (n, d) of vectors, or a list."""


@dataclass(frozen=True)
class Line:
    """One line of a table: its number in the file, from 1; its values by column; why it cannot be used, or ''."""

    number: int
    values: dict[str, Any]
    problem: str = ""


def is_arrow(cells: Cells) -> bool:
    """Whether the cells are an Arrow column."""
    return isinstance(cells, (pa.Array, pa.ChunkedArray))


def bare_cells(cells: Cells) -> Cells:
    """The Arrow column as a person writes its values (`written_column`); a list of texts as an Arrow column; else
    itself."""
    if isinstance(cells, np.ndarray):
        return cells
    return _bare(cells) if is_arrow(cells) else _as_texts(cells)


def _bare(cells: Cells) -> Cells:
    if isinstance(cells, pa.ChunkedArray):
        chunks = [_bare(chunk) for chunk in cells.chunks]
        if len({chunk.type for chunk in chunks}) > 1:  # bytes, of which some chunks are no texts
            chunks = [chunk.cast(pa.large_binary()) for chunk in chunks]
        return pa.chunked_array(chunks) if chunks else _bare(_none_of(cells.type))
    return written_column(cells)


def _none_of(kind: Any) -> Any:
    """An empty Arrow column of a type."""
    return pa.nulls(0, kind) if isinstance(kind, pa.BaseExtensionType) else pa.array([], kind)


def _as_texts(cells: list[Any]) -> Cells:
    """The list as an Arrow column of texts if it holds texts and missing values alone, and each is valid Unicode."""
    if not all(value is None or type(value) is str for value in cells) or not any(cells):
        return cells
    try:
        return pa.array(cells, pa.large_string())
    except (pa.ArrowException, UnicodeError):
        return cells


def one_array(cells: Cells) -> Any:
    """The Arrow column in one piece."""
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def is_texts(cells: Cells) -> bool:
    """Whether the cells are an Arrow column of texts."""
    return is_arrow(cells) and is_text_type(cells.type)


def is_text_type(type: Any) -> bool:
    """Whether an Arrow type is text, of whichever offsets."""
    return pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type)


def is_list(type: Any) -> bool:
    """Whether an Arrow type is a list: of 32-bit offsets, of 64-bit offsets, or of fixed size."""
    return pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type)


def is_numbers(type: Any) -> bool:
    """Whether an Arrow type is a list of floats."""
    return is_list(type) and pa.types.is_floating(type.value_type)


def holds_numbers(type: Any) -> bool:
    """Whether an Arrow type is a number, or a list of numbers or of such lists."""
    while is_list(type):
        type = type.value_type
    return pa.types.is_integer(type) or pa.types.is_floating(type)


def as_list(cells: Cells) -> list[Any]:
    """The cells as Python values; a list of floats is an array (d,), which is much faster."""
    if not is_arrow(cells):
        return list(cells) if isinstance(cells, np.ndarray) else cells
    array = one_array(_bare(cells))
    if is_numbers(array.type):
        return _rows_of_numbers(array)
    return written_list(array) if pa.types.is_nested(array.type) else array.to_pylist()


def taken(cells: Cells, places: np.ndarray) -> Cells:
    """Only the cells at these places, in this order."""
    if is_arrow(cells):
        return cells.take(pa.array(places))
    if isinstance(cells, np.ndarray):
        return cells[places]
    return [cells[place] for place in places.tolist()]


def joined_cells(parts: Sequence[Cells]) -> Cells:
    """The cells of all parts, in order: an Arrow column where all are of one type, or of none; else a list."""
    if all(map(is_arrow, parts)):
        bare = [_bare(part) for part in parts]
        types = {part.type for part in bare if not pa.types.is_null(part.type)}
        if len(types) <= 1:
            kind = next(iter(types), pa.null())
            return pa.chunked_array([chunk.cast(kind) for part in bare for chunk in _chunks(part)], kind)
    return [value for part in parts for value in as_list(part)]


def _chunks(cells: Cells) -> list[Any]:
    return cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]


def _rows_of_numbers(array: Any) -> list[np.ndarray | None]:
    """Each list of floats as a view (d,) of one array. A missing number is NaN, a missing list is None."""
    values, starts, present = numbers_of(array)
    return [values[a:b] if there else None for a, b, there in zip(starts[:-1], starts[1:], present)]


def numbers_of(array: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The numbers of an Arrow column (n,) of lists of floats, the (n + 1,) places where lists begin, and (n,) bool.

    Row i owns the numbers from place i to place i + 1; the bool says whether its list is there. A missing number is
    NaN.
    """
    if pa.types.is_fixed_size_list(array.type):
        width = array.type.list_size
        values = array.values.slice(array.offset * width, len(array) * width).to_numpy(zero_copy_only=False)
        starts = np.arange(len(array) + 1) * width
    else:
        values = array.values.to_numpy(zero_copy_only=False)
        starts = array.offsets.to_numpy()
    return values, starts, array.is_valid().to_numpy(zero_copy_only=False)
