"""Tables with a row for each caption: rows that name the same file are one item with all their texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.cells import as_list, is_arrow, is_texts
from mmalign_core.data.tabular.rows import VECTOR_COLUMNS, is_missing, parse_list
from mmalign_core.data.tabular.tables import Table
from mmalign_core.types import MODALITIES


def with_texts_gathered(table: Table, source: str, draft: Draft) -> Table:
    """The table with one row for each file, which has the texts of all rows that name it, as COCO's captions are read.

    It stays as it is if it has ids or vectors, names no file twice, or rows of one file differ in more than the text;
    then the draft is told so. An item keeps the number of its first row as its id.
    """
    groups = _groups(table)
    if groups is None:
        return table
    files = f"{len(groups):,} files"
    if differing := _differing(table, groups):
        draft.notes.append(
            f"'{shown(source)}': {len(table):,} rows name {files}, and each row stays an item, since rows of one file "
            f"differ in '{shown(differing)}'; give that column the role none to have them read as texts of one item"
        )
        return table
    draft.notes.append(f"'{shown(source)}': rows that name one file are one item: {len(table):,} rows, {files}")
    firsts = [rows[0] for rows in groups]
    texts = as_list(table.cells["text"])
    cells: dict[str, Any] = {"id": [str(first + 1) for first in firsts]}
    for column in table.columns:
        held = as_list(table.cells[column])
        cells[column] = [held[first] for first in firsts]
    cells["text"] = [[text for row in rows for text in parse_list(texts[row], table.plain)] for rows in groups]
    numbers = [table.numbers[first] for first in firsts]
    return replace(table, columns=tuple(cells), cells=cells, numbers=numbers, names=())


def _groups(table: Table) -> list[list[int]] | None:
    """The rows of each file in order; None where rows are not to be gathered, or each names another file."""
    media = [m for m in MODALITIES[1:] if m in table.cells]
    if len(media) != 1 or "text" not in table.cells or "id" in table.cells or table.problems or table.names:
        return None
    paths = table.cells[media[0]]
    if any(column in table.cells for column in VECTOR_COLUMNS) or (is_arrow(paths) and not is_texts(paths)):
        return None
    found: dict[Any, list[int]] = {}
    for row, path in enumerate(as_list(paths)):
        if not isinstance(path, str) or is_missing(path):
            return None
        found.setdefault(path.strip(), []).append(row)
    return list(found.values()) if len(found) < len(table) else None


def _differing(table: Table, groups: list[list[int]]) -> str:
    """The first other column in which rows of one file differ; '' if there is none."""
    for column in table.columns:
        held = as_list(table.cells[column])
        if column not in MODALITIES and any(held[row] != held[rows[0]] for rows in groups for row in rows[1:]):
            return column
    return ""
