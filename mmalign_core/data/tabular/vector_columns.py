"""Columns of vectors: cells of a table or rows of an array as one matrix, and matrices as embedding sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from mmalign_core.data.tabular.cells import (
    Cells,
    as_list,
    bare_cells,
    is_arrow,
    is_numbers,
    numbers_of,
    one_array,
    taken,
)
from mmalign_core.data.tabular.vectors import NOT_FINITE, parse_vectors
from mmalign_core.types import BadInput, EmbeddingSet, MediaTable, Strings, digest_bytes
from mmalign_core.types.basics import bytes_of, rows_of
from mmalign_core.types.digests import digest_rows
from mmalign_core.types.embeddings import finite_rows
from mmalign_core.types.single import single_rows
from mmalign_core.types.strings import joined_strings

_BLOCK = 1 << 22
"""Numbers that are converted at a time; our choice: 16 MB of float32."""
_LINES = 1 << 16
"""Ids that are joined at a time; our choice: some megabytes."""


@dataclass(frozen=True)
class VectorCells:
    """The vectors of some rows as they were read: `at` (k,) the rows, in order, and their `cells` (k,).

    The cells are an array (k, d) of numbers, an Arrow column or a list.
    """

    at: np.ndarray
    cells: Cells

    def with_others(self, others: VectorCells) -> VectorCells:
        """Those of other rows as well."""
        at = np.concatenate([self.at, others.at])
        order = np.argsort(at, kind="stable")
        cells = [*as_list(self.cells), *as_list(others.cells)]
        return VectorCells(at[order], [cells[place] for place in order])

    def moved(self, to: np.ndarray) -> VectorCells:
        """The same where row i is now row `to[i]`, and is left out where that is -1."""
        at = to[self.at]
        kept = np.flatnonzero(at >= 0)
        if len(kept) == len(at):
            return VectorCells(at, self.cells)
        return VectorCells(at[kept], taken(self.cells, kept))


@dataclass(frozen=True)
class VectorColumn:
    """Usable vectors: `at` (m,) the row of each, in order, and `matrix` (m, d) float32.

    `others`: (row, width) of vectors of another width than the most common; `problems`: (row, why it is not used).
    """

    at: np.ndarray
    matrix: np.ndarray
    others: Sequence[tuple[int, int]] = ()
    problems: Sequence[tuple[int, str]] = ()


def read_vectors(given: VectorCells, column: str) -> VectorColumn:
    """The vectors in the cells, checked; messages call the column `column`.

    Of equally common widths the first counts. A memory-mapped float32 array is checked and not copied.
    """
    if isinstance(given.cells, np.ndarray):
        return _of_matrix(given.at, given.cells, column)
    cells = bare_cells(given.cells)
    if is_arrow(cells) and is_numbers(cells.type):
        return _of_lists(given.at, one_array(cells), column)
    if (stacked := _stack(cells)) is not None:
        return _of_matrix(given.at, stacked, column)
    return _of_cells(given.at, as_list(cells), column)


def _of_matrix(at: np.ndarray, array: np.ndarray, column: str) -> VectorColumn:
    matrix = _float32(array)
    good = finite_rows(matrix)
    if good.all():
        return VectorColumn(at, matrix)
    return VectorColumn(
        at[good], rows_of(matrix, good), problems=[(int(r), f"{column} {NOT_FINITE}") for r in at[~good]]
    )


def _float32(array: np.ndarray) -> np.ndarray:
    """The numbers as float32, itself if it is; rows beyond its range are scaled."""
    if array.dtype == np.float32 and array.flags.c_contiguous:
        return array
    matrix, step = np.empty(array.shape, np.float32), max(1, _BLOCK // max(1, array.shape[1]))
    for start in range(0, len(array), step):
        matrix[start : start + step] = single_rows(array[start : start + step])
    matrix.flags.writeable = False
    return matrix


def _of_lists(at: np.ndarray, array: Any, column: str) -> VectorColumn:
    """Vectors in an Arrow column of lists: those of the usual width as one matrix, the odd ones one by one."""
    values, starts, present = numbers_of(array)
    widths = np.diff(starts)
    usual = _common(widths[present & (widths > 0)])
    usable = (widths == usual) & present & (widths > 0)
    numbers = values[starts[0] : starts[-1]]
    if not usable.all():
        numbers = numbers[np.repeat(usable, widths)]
    found = _of_matrix(at[usable], numbers.reshape(-1, max(1, usual)), column)
    odd = np.flatnonzero(~usable)
    told = _of_cells(at[odd], as_list(array.take(pa.array(odd))), column)
    wrong = [*told.others, *((int(row), told.matrix.shape[1]) for row in told.at)]
    return VectorColumn(found.at, found.matrix, sorted(wrong), sorted([*found.problems, *told.problems]))


def _of_cells(at: np.ndarray, cells: Sequence[Any], column: str) -> VectorColumn:
    rows, parsed, problems = [], [], []
    for row, cell in zip(at.tolist(), cells):
        try:
            parsed.append(parse_vectors(cell, column))
            rows.append(row)
        except BadInput as error:
            problems.append((row, str(error)))
    usual = _common(np.array([vectors.shape[1] for vectors in parsed], np.int64))
    others = [(row, v.shape[1]) for row, v in zip(rows, parsed) if v.shape[1] != usual]
    held = [(row, v) for row, v in zip(rows, parsed) if v.shape[1] == usual]
    matrix = np.concatenate([v for _, v in held]) if held else np.zeros((0, usual), np.float32)
    matrix.flags.writeable = False
    return VectorColumn(np.array([row for row, v in held for _ in v], np.int64), matrix, others, problems)


def _common(widths: np.ndarray) -> int:
    """The most common width; the first of equally common ones; 0 if there are none."""
    if not len(widths):
        return 0
    if (widths == widths[0]).all():
        return int(widths[0])
    return Counter(widths.tolist()).most_common(1)[0][0]


def _stack(cells: Cells) -> np.ndarray | None:
    """A list of arrays (d,) of one width and type as one array; None for any other cells."""
    if not isinstance(cells, list) or not cells or not isinstance(cells[0], np.ndarray) or cells[0].ndim != 1:
        return None
    first = cells[0]
    if first.dtype.kind != "f" or not first.size:
        return None
    alike = all(isinstance(c, np.ndarray) and c.shape == first.shape and c.dtype == first.dtype for c in cells)
    return np.stack(cells) if alike else None


def given_set(modality: str, ids: Strings, vectors: VectorColumn, media: tuple[np.ndarray, MediaTable]) -> EmbeddingSet:
    """The embedding set of usable vectors, with the encoder 'given@<digest>'; `ids`: the item of each row.

    `media`: the row of each medium of the modality, and the media. If an item has as many media as vectors, each
    vector's content key is the digest of its medium, so that equal captions count as equal; else it is the digest of
    the vector.
    """
    whose = ids if _is_range(vectors.at, len(ids)) else ids.take(vectors.at)
    version = digest_bytes(list(_lines(whose)), bytes_of(vectors.matrix))[:8]
    keys = _keys(vectors, len(ids), *media)
    return EmbeddingSet(modality, whose, keys, vectors.matrix, f"given@{version}")


def _is_range(at: np.ndarray, count: int) -> bool:
    return len(at) == count and bool((at == np.arange(count)).all())


def _lines(ids: Strings) -> Iterator[bytes]:
    """The ids with a new line between them."""
    for start in range(0, len(ids), _LINES):
        yield (b"\n" if start else b"") + "\n".join(ids[start : start + _LINES]).encode()


def _keys(vectors: VectorColumn, count: int, owners: np.ndarray, media: MediaTable) -> Strings:
    if not len(owners):
        return digest_rows(vectors.matrix)
    many, held = (np.bincount(rows, minlength=count) for rows in (vectors.at, owners))
    by_medium = (many == held)[vectors.at]
    kept = (many == held)[owners]
    named = media.digests if kept.all() else media.digests.take(np.flatnonzero(kept))
    if by_medium.all():
        return named
    own = digest_rows(vectors.matrix[~by_medium] if by_medium.any() else vectors.matrix)
    order = np.empty(len(by_medium), np.int64)
    order[by_medium], order[~by_medium] = np.arange(len(named)), len(named) + np.arange(len(own))
    return joined_strings([named, own]).take(order) if len(named) else own
