"""Interactions: tables of user and item ids with optional ratings and timestamps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.cells import Line
from mmalign_core.data.tabular.rows import is_missing, parse_id
from mmalign_core.data.tabular.tables import read_table
from mmalign_core.types import BadInput

MODALITY = "interaction"
"""The modality under which unused interactions are reported."""
_OPTIONAL = ("rating", "timestamp")
_SHOWN = 40
"""Characters of a wrong value that a message shows; our choice."""


def read_interactions(path: Path, items: Sequence[str], draft: Draft, name: str = "") -> pd.DataFrame:
    """A data frame with the columns user_id and item_id (str), and rating and timestamp (float64) if the file has them.

    Its rows are in the order of the file; timestamps are Unix seconds; absent numbers are NaN. `items`: the ids of the
    collection; `name`: what messages call the file. The draft reports each unusable row, and each unknown item once.
    Raises BadInput if the file is missing, is no table or lacks user_id or item_id.
    """
    if not path.is_file():
        raise BadInput(f"the interactions file '{shown(path)}' does not exist; correct the path")
    name = shown(name or path.name)
    table = read_table(path, name, events=True)
    missing = [c for c in ("user_id", "item_id") if c not in table.columns]
    if missing:
        raise BadInput(f"'{name}' has no column {' and '.join(missing)}; name the columns user_id and item_id")
    columns = ["user_id", "item_id", *(c for c in _OPTIONAL if c in table.columns)]
    known, unknown, rows = set(items), Counter[str](), []
    for line in table.lines:
        try:
            row = _row(line, columns)
        except BadInput as error:
            where = f"{name}, line {line.number}"
            draft.skip(str(line.values.get("item_id", "")), MODALITY, f"{where} {error}", where)
            continue
        if row[1] in known:
            rows.append(row)
        else:
            unknown[row[1]] += 1
    for item, count in unknown.items():
        times = "once" if count == 1 else f"{count:,} times"
        reason = f"'{name}' names the item '{shown(item)}' {times}, but the collection does not hold it"
        draft.skip(item, MODALITY, reason, name)
    return pd.DataFrame(rows, columns=columns)


def _row(line: Line, columns: list[str]) -> tuple[Any, ...]:
    """The values of a line in the order of `columns`, of which user and item are first.

    Raises BadInput if one is wrong.
    """
    if line.problem:
        raise BadInput(line.problem)
    values = [line.values.get(column) for column in columns]
    for column, value in zip(columns[:2], values):
        if is_missing(value):
            raise BadInput(f"has no {column}; fill it in")
    ids = (parse_id(value, "the row") for value in values[:2])
    return (*ids, *(_number(value, column) for column, value in zip(columns[2:], values[2:])))


def _number(value: Any, column: str) -> float:
    """A rating, or a timestamp in Unix seconds, also of an ISO 8601 date (UTC if it names no zone); NaN if absent."""
    if is_missing(value):
        return float("nan")
    try:
        if column == "timestamp" and isinstance(value, str) and not _is_number(value):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, datetime):
            value = (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        kinds = "a number or a date such as 2024-01-31" if column == "timestamp" else "a number"
        raise BadInput(f"has the {column} '{shown(value)[:_SHOWN]}', which is not {kinds}; correct it") from error
    if math.isinf(number):
        raise BadInput(f"has the {column} '{shown(value)[:_SHOWN]}', which is infinite; correct it")
    return number


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
