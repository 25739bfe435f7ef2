"""Tables as files: CSV that a spreadsheet opens without running anything, and Parquet."""

from __future__ import annotations

import io
import re
from typing import Any

import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How cells begin that a spreadsheet runs as formulas (OWASP, CSV injection), however many apostrophes guard them."""


def csv_table(table: pd.DataFrame) -> bytes:
    """The columns as UTF-8 CSV without the index; an apostrophe stands before texts that would be formulas."""
    safe = table.map(_harmless)
    safe.columns = [_harmless(str(name)) for name in table.columns]
    return safe.to_csv(index=False).encode("utf-8", "backslashreplace")


def parquet_table(table: pd.DataFrame) -> bytes:
    """The columns as Parquet without the index. Columns of several types are written as text."""
    plain = table.copy()
    for name in plain.columns:
        column = plain[name]
        if column.dtype == object and len(set(map(type, column.dropna()))) > 1:
            plain[name] = [str(cell) if there else None for cell, there in zip(column, column.notna())]
    plain.columns = [str(name) for name in plain.columns]
    held = io.BytesIO()
    plain.to_parquet(held, index=False)
    return held.getvalue()


def unguarded(cell: str) -> str:
    """The text as it was before `csv_table` set an apostrophe before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
