"""Manifests: tables of items, one line each, that name their texts, files, vectors and metadata."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmalign_core.data.arrays import ArrayGroup, attach_vectors
from mmalign_core.data.columnar import COLUMNAR, file_source, read_source
from mmalign_core.data.draft import Draft, Find
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.types import BadInput, Progress

_LISTED = 12
"""Columns that a message lists; our choice."""


def add_manifest(
    draft: Draft, path: Path, find: Find, progress: Progress, name: str = "", arrays: Sequence[ArrayGroup] = ()
) -> None:
    """Add every line of the manifest at `path` to the draft; a line that cannot be used is reported there.

    `find` gives the path of a file reference; `name`: what messages call the manifest. `arrays`: array groups that
    belong to its lines, by their ids or else by its order. The columns id, text, image, audio, video and *_vector may
    be written in any case; all others are metadata. Without a column `id` the items are called '1', '2', …. Raises
    BadInput if the file is no table, or has neither a column of texts, files or vectors nor arrays.
    """
    name = name or path.name
    add_table(draft, read_manifest(draft, path, progress, name), find, progress, name, arrays)


def read_manifest(draft: Draft, path: Path, progress: Progress, name: str) -> Table:
    """The table at `path`, which messages call `name`.

    Files in the cells of a Parquet table are copied into the store.
    """
    if path.suffix.lower() in COLUMNAR:
        return read_source(file_source(path, name), draft, progress)
    return read_table(path, name)


def add_table(
    draft: Draft, table: Table, find: Find, progress: Progress, name: str, arrays: Sequence[ArrayGroup] = ()
) -> None:
    """Add every line of a table that has been read; see `add_manifest`."""
    names = _column_names(table.columns, name, bare=any(group.vectors for group in arrays))
    rows = attach_vectors(draft.table_rows(table, names, name), arrays, draft, name)
    draft.add(rows, find, progress)


def _column_names(columns: tuple[str, ...], source: str, bare: bool) -> dict[str, str]:
    """Column as written -> its name here. Unless `bare`, raises BadInput if no column holds texts, files or vectors."""
    names = {c: c.lower() if c.lower() in KNOWN_COLUMNS and c.lower() not in columns else c for c in columns}
    if not bare and not set(names.values()) & set(KNOWN_COLUMNS[1:]):
        listed = ", ".join(f"'{shown(c)}'" for c in columns[:_LISTED]) or "none"
        raise BadInput(
            f"'{shown(source)}' has no column text, image, audio or video (its columns: {listed}); rename the column "
            "that holds the texts or the paths of the files"
        )
    return names
