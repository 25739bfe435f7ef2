"""Rows as columns: what the lines of a table, or the files of a folder, say of their items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.tabular.cells import Cells, as_list, bare_cells, is_arrow, is_texts, one_array, taken
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS, LONGEST_ID, VECTOR_COLUMNS, Row, is_missing, parse_id
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.tabular.vector_columns import VectorCells
from mmalign_core.types import MODALITIES, BadInput, Strings
from mmalign_core.types.identity import plain_ids
from mmalign_core.types.strings import joined_strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

Unusable = tuple[int, str, str]
"""Place of a line, what a report calls it, and why it cannot be used."""


@dataclass(frozen=True)
class Rows:
    """Usable rows (n,) as they were written.

    `ids` (n,); `source(i)`: where row i stands, such as 'manifest.csv, line 3'; `cells`: modality -> its cells (n,);
    `metadata`: name -> cells (n,); `vectors`: modality -> those of the rows that give any; `places` (n,): the place of
    each row among all `lines` of its table, of which some may be unusable; `as_json`: a text may be a JSON list.
    """

    ids: Strings
    source: Callable[[int], str]
    cells: Mapping[str, Cells] = field(default_factory=dict)
    metadata: Mapping[str, Cells] = field(default_factory=dict)
    vectors: Mapping[str, VectorCells] = field(default_factory=dict)
    places: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    lines: int = 0
    as_json: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, kept: np.ndarray) -> Rows:
        """Only these rows, in ascending order."""
        if len(kept) == len(self):
            return self
        to = np.full(len(self), -1, np.int64)
        to[kept] = np.arange(len(kept))
        cells, metadata = ({n: taken(c, kept) for n, c in held.items()} for held in (self.cells, self.metadata))
        vectors = {modality: held.moved(to) for modality, held in self.vectors.items()}
        source = lambda i: self.source(int(kept[i]))  # noqa: E731
        places = self.places[kept]
        return replace(
            self, ids=self.ids.take(kept), source=source, cells=cells, metadata=metadata, vectors=vectors, places=places
        )


def rows_of_table(table: Table, names: Mapping[str, str], source: str) -> tuple[Rows, list[Unusable]]:
    """The usable rows of a table, and its other lines in order.

    `names`: column as written -> the name it has here. Rows are numbered '1', '2', … if none of these is 'id'.
    `source`: what messages call the table.
    """
    named = {name: table.cells[column] for column, name in names.items() if column in table.cells}
    where = partial(table.where, source=source)
    told = {p: (str(_own_id(line.values, names) or line.number), f"{where(p)} {line.problem}")
            for p, line in table.problems.items()}  # fmt: skip
    if "id" in named:
        ids, wrong = parse_ids(named["id"], where, set(told))
        raw = as_list(taken(named["id"], np.array(sorted(wrong), np.int64)))
        told |= {p: (str(value or table.numbers[p]), wrong[p]) for p, value in zip(sorted(wrong), raw)}
    else:
        ids = Strings(pa.array(np.arange(1, len(table) + 1)).cast(pa.large_string()))
    count = len(table)
    rows = Rows(
        ids=ids,
        source=where,
        cells={m: named[m] for m in MODALITIES if m in named},
        metadata={name: cells for name, cells in named.items() if name not in KNOWN_COLUMNS},
        vectors={m: VectorCells(np.arange(count), named[c]) for c, m in VECTOR_COLUMNS.items() if c in named},
        places=np.arange(count),
        lines=count,
        as_json=table.plain,
    )
    kept = np.setdiff1d(rows.places, np.array(sorted(told), np.int64)) if told else rows.places
    return rows.take(kept), [(place, *told[place]) for place in sorted(told)]


def _own_id(values: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    return next((values.get(column) for column, name in names.items() if name == "id"), None)


def parse_ids(cells: Cells, where: Callable[[int], str], skipped: set[int]) -> tuple[Strings, dict[int, str]]:
    """The ids in the cells as texts, and place -> why there is none. Those of `skipped` places are not looked at."""
    cells = bare_cells(cells)
    if is_texts(cells):
        texts = plain_ids(one_array(cells).cast(pa.large_string()))
        size = pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False)
        odd = np.flatnonzero((size == 0) | (size > LONGEST_ID))
        texts = pc.fill_null(texts, pa.scalar("", pa.large_string()))
    elif is_arrow(cells) and pa.types.is_integer(cells.type) and not cells.null_count:
        return Strings(one_array(cells).cast(pa.large_string())), {}
    else:
        values, texts, odd = as_list(cells), None, np.arange(len(cells))
        parsed = [""] * len(values)
    wrong: dict[int, str] = {}
    for place in odd.tolist():
        value = cells[place].as_py() if texts is not None else values[place]
        if place in skipped:
            continue
        try:
            found = parse_id("" if is_missing(value) else value, where(place))
        except BadInput as error:
            wrong[place] = str(error)
            continue
        if texts is None:
            parsed[place] = found
    return Strings(parsed if texts is None else texts), wrong


def rows_as_columns(rows: Sequence[Row]) -> Rows:
    """Rows that were made one by one as columns."""
    cells = {m: [row.cells.get(m) for row in rows] for m in MODALITIES if any(m in row.cells for row in rows)}
    names = dict.fromkeys(name for row in rows for name in row.metadata)
    given = {m: [i for i, row in enumerate(rows) if m in row.vectors] for m in MODALITIES}
    return Rows(
        ids=Strings([row.id for row in rows]),
        source=lambda i: rows[i].source,
        cells=cells,
        metadata={name: [row.metadata.get(name) for row in rows] for name in names},
        vectors={m: VectorCells(np.array(at), [rows[i].vectors[m] for i in at]) for m, at in given.items() if at},
        places=np.arange(len(rows)),
        lines=len(rows),
    )


def merged_rows(rows: Rows, named: Rows, at: np.ndarray) -> Rows:
    """The rows with what other rows say of them where they say nothing, followed by those that are new.

    `at` (k,): the place of each of the k other rows, from `len(rows)` on in order for the new ones.
    """
    count = max(len(rows), int(at.max(initial=-1)) + 1)
    new = np.flatnonzero(at >= len(rows))
    ids = joined_strings([rows.ids, named.ids.take(new)]) if len(new) else rows.ids
    whose = {int(place): other for other, place in enumerate(at.tolist()) if place >= len(rows)}
    own, others = rows.vectors, {m: held.moved(at) for m, held in named.vectors.items()}
    vectors = {m: _either(own.get(m), others.get(m)) for m in MODALITIES if m in own or m in others}
    first = (named, rows) if len(rows) == 0 or (at == 0).any() else (rows, named)
    names = dict.fromkeys(name for part in first for name in part.metadata)
    return Rows(
        ids=ids,
        source=lambda i: rows.source(i) if i < len(rows) else named.source(whose[i]),
        cells={
            m: _filled(rows.cells.get(m), named.cells.get(m), at, count)
            for m in MODALITIES
            if m in rows.cells or m in named.cells
        },
        metadata={n: _filled(rows.metadata.get(n), named.metadata.get(n), at, count) for n in names},
        vectors=vectors,
        places=rows.places,
        lines=rows.lines,
        as_json=rows.as_json or named.as_json,
    )


def _filled(own: Cells | None, others: Cells | None, at: np.ndarray, count: int) -> Cells:
    """The cells (count,): a row's own, else those of the other row for it."""
    cells: list[Any] = [] if own is None else [*as_list(own)]
    cells += [None] * (count - len(cells))
    for place, value in zip(at.tolist(), [] if others is None else as_list(others)):
        if is_missing(cells[place]):
            cells[place] = value
    return cells


def _either(own: VectorCells | None, others: VectorCells | None) -> VectorCells:
    if own is None or others is None:
        found = own or others
        assert found is not None
        return found
    free = np.flatnonzero(~np.isin(others.at, own.at))
    to = np.full(int(others.at.max(initial=-1)) + 1, -1, np.int64)
    to[others.at[free]] = others.at[free]
    return own.with_others(others.moved(to))
