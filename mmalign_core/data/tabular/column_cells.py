"""Cells of one column, gathered from the batches of a table: vectors of one width go into one matrix at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from mmalign_core.data.tabular.cells import (
    Cells,
    as_list,
    bare_cells,
    is_arrow,
    is_numbers,
    joined_cells,
    numbers_of,
    one_array,
)
from mmalign_core.data.tabular.rows import parse_list
from mmalign_core.types.single import fits_single, single_rows


class GatheredCells:
    """Cells are added batch by batch; `cells` gives them all.

    A column of `rows` `vectors`, lists of floats of one width, is a float32 matrix (rows, d), so that memory holds its
    numbers once. Any other column keeps its batches.
    """

    def __init__(self, rows: int, vectors: bool) -> None:
        self._rows, self._vectors, self._done = rows, vectors, 0
        self._matrix: np.ndarray | None = None
        self._parts: list[Cells] = []

    def add(self, cells: Cells) -> None:
        """Add the cells of the next batch."""
        bare = bare_cells(cells) if is_arrow(cells) else cells
        if self._vectors and is_arrow(bare) and is_numbers(bare.type):
            bare = one_array(bare)
            if not self._parts and self._fill(bare):
                return
            bare = _single(bare)
        self._give_up()
        self._parts.append(bare)

    def cells(self) -> Cells:
        """The cells of all batches, in order."""
        if self._matrix is not None and not self._parts:
            self._matrix.flags.writeable = False
            return self._matrix[: self._done]
        return joined_cells(self._parts)

    def _fill(self, lists: Any) -> bool:
        """Copy lists into the matrix; False if one is missing, or of another width."""
        values, starts, present = numbers_of(lists)
        if not len(lists):
            return True
        width = int(starts[1] - starts[0]) if self._matrix is None else self._matrix.shape[1]
        if not width or not present.all() or (np.diff(starts) != width).any():
            return False
        if self._matrix is None:
            self._matrix = np.empty((self._rows, width), np.float32)
        end = self._done + len(lists)
        self._matrix[self._done : end] = single_rows(values[starts[0] : starts[-1]].reshape(-1, width))
        self._done = end
        return True

    def _give_up(self) -> None:
        """Keep what lies in the matrix as lists, since the next batch does not fit."""
        if self._matrix is not None and self._done:
            lists = pa.FixedSizeListArray.from_arrays(
                pa.array(self._matrix[: self._done].reshape(-1)), self._matrix.shape[1]
            )
            self._parts.append(lists.cast(pa.large_list(pa.float32())))
        self._matrix, self._done = None, 0


def merged_cells(cells: Mapping[str, Cells], names: Mapping[str, str]) -> dict[str, Cells]:
    """Name -> its cells, given those of each column and column -> name. Several columns of a name become lists."""
    columns: dict[str, list[Cells]] = {}
    for column, held in cells.items():
        columns.setdefault(names[column], []).append(held)
    found: dict[str, Cells] = {}
    for name, own in columns.items():
        rows = zip(*map(as_list, own)) if len(own) > 1 else ()
        several = [[entry for cell in row for entry in parse_list(cell, True)] for row in rows]
        found[name] = several if len(own) > 1 else own[0]
    return found


def _single(lists: Any) -> Any:
    """Lists of floats as lists of float32, a missing number as NaN; as they are if some are beyond its range."""
    values, starts, present = numbers_of(lists)
    numbers = values[starts[0] : starts[-1]]
    if not fits_single(numbers):
        return lists
    with np.errstate(over="ignore"):
        numbers = numbers.astype(np.float32)
    offsets = pa.array((starts - starts[0]).astype(np.int64))
    return pa.LargeListArray.from_arrays(offsets, pa.array(numbers), mask=pa.array(~present))
