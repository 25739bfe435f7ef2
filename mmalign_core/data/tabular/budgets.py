"""Budgets of tables: rows, columns and bytes once decoded, checked before the memory is asked for."""

from __future__ import annotations

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

GROWTH = 200
"""Largest growth of a table from its file to memory, beyond GROWTH_FROM bytes; our choice, as for archives."""
GROWTH_FROM = 256 << 20
"""Bytes in memory up to which any growth is accepted; our choice."""


def check_rows(rows: int, name: str, settings: Settings | None = None, *, events: bool = False) -> None:
    """Raises BadInput, which calls the table `name`, if it has more rows than the settings allow.

    `events`: its rows are interactions, of which more are allowed.
    """
    settings = settings or Settings()
    most, variable = (
        (settings.max_interactions, "MMALIGN_MAX_INTERACTIONS") if events else (settings.max_rows, "MMALIGN_MAX_ROWS")
    )
    if rows > most:
        raise BadInput(f"{name} holds more than {most:,} rows; split it or raise {variable}")


def check_columns(columns: int, name: str, settings: Settings | None = None) -> None:
    """Raises BadInput, which calls the table `name`, if it has more columns than the settings allow."""
    most = (settings or Settings()).max_columns
    if columns > most:
        raise BadInput(
            f"{name} has {columns:,} columns, more than {most:,}; keep those that are needed, give vectors as one "
            "column of lists, or raise MMALIGN_MAX_COLUMNS"
        )


def most_bytes(stored: int, settings: Settings | None = None) -> int:
    """How many bytes a table in a file of `stored` bytes may take once decoded."""
    return min((settings or Settings()).max_table_bytes, max(GROWTH_FROM, GROWTH * stored))


def check_bytes(decoded: int, stored: int, name: str, settings: Settings | None = None) -> None:
    """Raises BadInput, which calls the table `name`, if its decoded bytes exceed the settings, or grew too much."""
    most = most_bytes(stored, settings)
    if decoded <= most:
        return
    if most < (settings or Settings()).max_table_bytes:
        raise BadInput(
            f"{name} grows from {stored / 1e6:,.3f} MB to more than {most / 1e6:,.0f} MB in memory, which no table of "
            "items does; write it again without repeating large values"
        )
    raise BadInput(f"{name} takes more than {most / 1e6:,.0f} MB in memory; split it or raise MMALIGN_MAX_TABLE_BYTES")
