"""Tables of the items of one folder: read together, with references seen from the top, and with their splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from mmalign_core.data.draft import Draft
from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.layout import TableFile, splits_of
from mmalign_core.data.manifest import read_manifest, settle_roles
from mmalign_core.data.names import shown
from mmalign_core.data.stem_columns import stem_column, with_files_of_stems
from mmalign_core.data.tabular.cells import Cells, as_list, is_arrow, joined_cells
from mmalign_core.data.tabular.rows import is_missing, parse_list
from mmalign_core.data.tabular.tables import Table
from mmalign_core.types import MODALITIES, Progress


def read_item_tables(
    tables: Sequence[TableFile], files: FolderFiles, draft: Draft, progress: Progress, *, bare: bool = False
) -> Table:
    """One table of all rows, its columns called by their roles; the files count as used.

    Where the tables lie in folders or have names of splits, a column tells them apart, and ids that several of them
    use get its value as a prefix. `bare`: it may hold neither texts nor files. Raises BadInput as `read_manifest` does.
    """
    read: list[Table] = []
    for file in tables:
        files.use(file.name)
        raw = read_manifest(draft, file.path, progress, file.name)
        table = settle_roles(raw, file.name, draft, bare=bare or bool(stem_column(raw, files)))
        table, key = with_files_of_stems(table, files)
        if key:
            draft.notes.append(f"'{shown(file.name)}': files are those whose names begin as '{shown(key)}' says")
        read.append(_seen_from_top(table, file.folder, files))
    column, values = splits_of(tables)
    whole = joined_tables(read, [file.name for file in tables])
    if not column or column in whole.columns:
        return whole
    told = [value for value, table in zip(values, read) for _ in range(len(table))]
    cells = {**whole.cells, column: told}
    if "id" in cells:
        cells["id"] = _told_apart(as_list(cells["id"]), told)
    return Table((*whole.columns, column), cells, whole.numbers, whole.problems, whole.plain, True, whole.names)


def joined_tables(tables: Sequence[Table], names: Sequence[str]) -> Table:
    """The rows of all tables under the columns of all, in order."""
    if len(tables) == 1:
        return tables[0]
    columns = tuple(dict.fromkeys(column for table in tables for column in table.columns))
    cells = {c: joined_cells([_cells(table, c) for table in tables]) for c in columns}
    problems, starts, first = {}, [], 0
    for table, name in zip(tables, names):
        problems |= {first + place: line for place, line in table.problems.items()}
        starts.append((first, name))
        first += len(table)
    numbers = [number for table in tables for number in table.numbers]
    return Table(
        columns, cells, numbers, problems, any(t.plain for t in tables), all(t.settled for t in tables), tuple(starts)
    )


def _cells(table: Table, column: str) -> Cells:
    return table.cells[column] if column in table.cells else pa.nulls(len(table))


def _seen_from_top(table: Table, folder: str, files: FolderFiles) -> Table:
    """The table whose references, which are seen from its folder, are seen from the top."""
    paths = [m for m in MODALITIES[1:] if m in table.cells and _holds_texts(table.cells[m])]
    if not folder or not paths:
        return table
    moved: Mapping[str, Cells] = {
        m: [
            [_moved(entry, folder, files) for entry in parse_list(cell, table.plain)]
            for cell in as_list(table.cells[m])
        ]
        for m in paths
    }
    cells = {**table.cells, **moved}
    return Table(table.columns, cells, table.numbers, table.problems, table.plain, True, table.names)


def _holds_texts(cells: Cells) -> bool:
    return not is_arrow(cells) or not (pa.types.is_binary(cells.type) or pa.types.is_struct(cells.type))


def _moved(entry: Any, folder: str, files: FolderFiles) -> Any:
    return files.below(folder, entry.strip()) if isinstance(entry, str) else entry


def _told_apart(ids: Sequence[Any], splits: Sequence[str]) -> list[Any]:
    """The ids, with the split as a prefix where two splits use one."""
    times = Counter(str(id) for id, _ in {(str(id), split) for id, split in zip(ids, splits)})
    if max(times.values(), default=0) < 2:
        return list(ids)
    return [id if is_missing(id) else f"{split}/{id}" for id, split in zip(ids, splits)]
