"""Reading a manifest: each line of a table becomes a row of the draft, or a reported line."""

from __future__ import annotations

from pathlib import Path

from mmalign_core.data.draft import Draft, Find
from mmalign_core.data.names import shown
from mmalign_core.data.rows import KNOWN_COLUMNS, Row, row_from
from mmalign_core.data.tables import Table, read_table
from mmalign_core.types import BadInput, Progress


def add_manifest(draft: Draft, path: Path, find: Find, progress: Progress, name: str = "") -> None:
    """Add every row of the manifest at `path`, which errors call `name`; its files are looked up with `find`.

    Columns may be written in any case. Without an `id` column the items are numbered '1', '2', … by row. Raises
    BadInput if the file is no table or has none of the columns text, image, audio, video or *_vector.
    """
    name = name or path.name
    table = read_table(path, name)
    names = _column_names(table.columns, name)
    rows = _rows(draft, table, names, name)
    draft.add_all(rows, find, progress, len(rows))


def _column_names(columns: tuple[str, ...], source: str) -> dict[str, str]:
    """Column as written -> its name here; BadInput if no known column but `id` is among them."""
    names = {c: c.lower() if c.lower() in KNOWN_COLUMNS and c.lower() not in columns else c for c in columns}
    if not set(names.values()) & set(KNOWN_COLUMNS[1:]):
        listed = ", ".join(f"'{shown(c)}'" for c in columns[:12]) or "none"
        raise BadInput(
            f"'{shown(source)}' has no column text, image, audio or video (its columns: {listed}); rename the column "
            "that holds the texts or the paths of the files"
        )
    return names


def _rows(draft: Draft, table: Table, names: dict[str, str], source: str) -> list[Row]:
    """The usable lines as rows; the others are reported in the draft."""
    numbered = "id" not in names.values()
    rows: list[Row] = []
    for count, line in enumerate(table.lines, 1):
        where = f"{shown(source)}, line {line.number}"
        values = dict.fromkeys(names.values()) | {names[c]: v for c, v in line.values.items()}
        try:
            if line.problem:
                raise BadInput(f"{where} {line.problem}")
            fallback = str(count) if numbered else ""
            rows.append(row_from(values, where, fallback_id=fallback, lists_as_json=table.plain))
        except BadInput as error:
            draft.skip(str(values.get("id") or line.number), "", error, where)
    return rows
