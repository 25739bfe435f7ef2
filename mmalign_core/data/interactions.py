"""Reading who liked what: user_id, item_id and, if given, rating and timestamp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown
from mmalign_core.data.rows import is_missing, parse_id
from mmalign_core.data.tables import Line, read_table
from mmalign_core.types import BadInput

MODALITY = "interaction"
"""What a report calls skipped interactions."""
_OPTIONAL = ("rating", "timestamp")


def read_interactions(path: Path, items: Sequence[str], draft: Draft, name: str = "") -> pd.DataFrame:
    """Data frame user_id, item_id (str) and those of rating, timestamp (float) that the file has, in file order.

    Unusable rows are reported one by one; unknown items once each, with their number of rows. Raises BadInput if the
    file is missing, is no table or lacks user_id or item_id.
    """
    if not path.is_file():
        raise BadInput(f"the interactions file '{shown(path)}' does not exist; correct the path")
    name = shown(name or path.name)
    table = read_table(path, name)
    missing = [c for c in ("user_id", "item_id") if c not in table.columns]
    if missing:
        raise BadInput(f"'{name}' has no column {' and '.join(missing)}; name the columns user_id and item_id")
    columns = ["user_id", "item_id", *(c for c in _OPTIONAL if c in table.columns)]
    known, unknown, rows = set(items), Counter[str](), []
    for line in table.lines:
        try:
            row = _row(line, columns, f"{name}, line {line.number}")
        except BadInput as error:
            draft.skip(str(line.values.get("item_id", "")), MODALITY, error, f"{name}, line {line.number}")
            continue
        if row["item_id"] in known:
            rows.append(row)
        else:
            unknown[row["item_id"]] += 1
    for item, count in unknown.items():
        times = "once" if count == 1 else f"{count:,} times"
        reason = f"'{name}' names the item '{shown(item)}' {times}, but the collection does not hold it"
        draft.skip(item, MODALITY, reason, name)
    return pd.DataFrame(rows, columns=columns)


def _row(line: Line, columns: list[str], where: str) -> dict[str, Any]:
    if line.problem:
        raise BadInput(f"{where} {line.problem}")
    row: dict[str, Any] = {}
    for column in columns:
        value = line.values.get(column)
        if column in _OPTIONAL:
            row[column] = _number(value, column, where)
        elif is_missing(value):
            raise BadInput(f"{where} has no {column}; fill it in")
        else:
            row[column] = parse_id(value, where)
    return row


def _number(value: Any, column: str, where: str) -> float:
    """A rating or timestamp; an absent one is NaN."""
    if is_missing(value):
        return float("nan")
    try:
        return float(value.timestamp() if hasattr(value, "timestamp") else value)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{where}: the {column} '{shown(value)[:40]}' is not a number; correct it") from error
