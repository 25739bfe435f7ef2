"""Reading a manifest: each line of a table becomes a row of the draft, or a reported line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmalign_core.data.arrays import Beside, attach
from mmalign_core.data.columnar import file_source, read_source
from mmalign_core.data.columnar.parquet import COLUMNAR
from mmalign_core.data.draft import Draft, Find
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.lines import rows_of
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.types import BadInput, Progress


def add_manifest(
    draft: Draft, path: Path, find: Find, progress: Progress, name: str = "", beside: Sequence[Beside] = ()
) -> None:
    """Add every row of the manifest at `path`, which errors call `name`; its files are looked up with `find`.

    `beside`: arrays whose vectors belong to its rows; without ids of their own they follow their order. Columns may
    be written in any case. Without an `id` column the items are numbered '1', '2', … by row. Raises BadInput if the
    file is no table or has none of the columns text, image, audio, video or *_vector, and no arrays beside it.
    """
    name = name or path.name
    add_table(draft, read_manifest(draft, path, progress, name), find, progress, name, beside)


def read_manifest(draft: Draft, path: Path, progress: Progress, name: str) -> Table:
    """The table at `path`, which errors call `name`; files that a Parquet table holds are kept under the store."""
    if path.suffix.lower() in COLUMNAR:
        return read_source(file_source(path, name), draft, progress)
    return read_table(path, name)


def add_table(
    draft: Draft, table: Table, find: Find, progress: Progress, name: str, beside: Sequence[Beside] = ()
) -> None:
    """Add every row of a table that was read; see `add_manifest`."""
    names = _column_names(table.columns, name, bare=any(group.vectors for group in beside))
    rows = attach(rows_of(draft, table, names, name), beside, draft, name)
    draft.add_all(rows, find, progress, len(rows))


def _column_names(columns: tuple[str, ...], source: str, bare: bool) -> dict[str, str]:
    """Column as written -> its name here; BadInput if no known column but `id` is among them, unless `bare`."""
    names = {c: c.lower() if c.lower() in KNOWN_COLUMNS and c.lower() not in columns else c for c in columns}
    if not bare and not set(names.values()) & set(KNOWN_COLUMNS[1:]):
        listed = ", ".join(f"'{shown(c)}'" for c in columns[:12]) or "none"
        raise BadInput(
            f"'{shown(source)}' has no column text, image, audio or video (its columns: {listed}); rename the column "
            "that holds the texts or the paths of the files"
        )
    return names
