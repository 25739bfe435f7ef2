"""Files that a table does not name by path, but by what comes before the ending: the key of a row is a file's stem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.formats import modality_of
from mmalign_core.data.tabular.cells import as_list
from mmalign_core.data.tabular.column_names import plain_name
from mmalign_core.data.tabular.contents import SAMPLE, first_values
from mmalign_core.data.tabular.rows import is_missing
from mmalign_core.data.tabular.tables import Table
from mmalign_core.types import MODALITIES

_SHARE = 2
"""One in so many of the first keys must be a file's stem; our choice: some files of such data sets are always gone."""


def with_files_of_stems(table: Table, files: FolderFiles) -> tuple[Table, str]:
    """The table with columns of the files whose stems its keys are, and the column of the keys; '' if it has none.

    A table that names files already stays as it is.
    """
    column = "" if any(m in table.cells for m in MODALITIES[1:]) else stem_column(table, files)
    if not column:
        return table, ""
    stems = stems_of(files)
    keys = [_key(value) for value in as_list(table.cells[column])]
    found = [[name for key in _spellings(key) for name in stems.get(key, ())] for key in keys]
    cells = dict(table.cells)
    for modality in MODALITIES[1:]:
        own = [[name for name in names if modality_of(name) == modality] or None for names in found]
        if any(own):
            cells[modality] = own
    return replace(table, columns=tuple(cells), cells=cells), column


def stem_column(table: Table, files: FolderFiles) -> str:
    """The column whose first values are stems of files: that of the ids first, '' if there is none."""
    stems = stems_of(files)
    if not stems:
        return ""
    for column in sorted(table.columns, key=lambda c: (c != "id", "id" not in plain_name(c))):
        keys = [_key(value) for value in first_values(table.cells[column])[:SAMPLE]]
        held = sum(any(spelling in stems for spelling in _spellings(key)) for key in keys)
        if held and _SHARE * held >= len(keys):
            return column
    return ""


def stems_of(files: FolderFiles) -> Mapping[str, Sequence[str]]:
    """Stem -> names of the pictures, sounds and videos with it."""
    found: dict[str, list[str]] = {}
    for name in files.names:
        if modality_of(name) in MODALITIES[1:]:
            found.setdefault(PurePosixPath(name).stem, []).append(name)
    return found


def _spellings(key: str) -> tuple[str, ...]:
    """A key as the stem of its file: itself, or after a Y, as programs write the keys of YouTube that begin oddly."""
    return (key, f"Y{key}") if key else ()


def _key(value: Any) -> str:
    if is_missing(value) or isinstance(value, list | dict | bool):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
