"""Lines of a table as rows of a collection: a line that cannot be one is reported and leaves its place empty."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.rows import Row, row_from
from mmalign_core.data.tabular.tables import Table
from mmalign_core.types import BadInput


def rows_of(draft: Draft, table: Table, names: Mapping[str, str], source: str) -> list[Row | None]:
    """A row for each line, in order, None for one that is reported in the draft.

    `names`: column as written -> its name here. Without an `id` among these the rows are numbered '1', '2', ….
    """
    numbered = "id" not in names.values()
    rows: list[Row | None] = []
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
            rows.append(None)
    return rows
