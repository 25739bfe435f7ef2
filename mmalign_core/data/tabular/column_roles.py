"""Roles that a person sees and gives: what each column of a table is read as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.data.tabular.column_names import plain_name
from mmalign_core.data.tabular.contents import Sample
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS
from mmalign_core.types import BadInput

METADATA, NONE = "metadata", "none"
"""What a person calls a column that describes the items, and one that is not read."""
_LISTED = 12
"""Columns that a message lists; our choice."""
ROLES = (*KNOWN_COLUMNS, METADATA, NONE)
"""Every role that a person may give a column."""


@dataclass(frozen=True)
class ColumnRole:
    """What a column of a table is read as: a modality, its vector, id, metadata or none; `example`: its first value."""

    table: str
    column: str
    role: str
    example: str = ""


def check_roles(roles: Mapping[str, str]) -> None:
    """Raise BadInput if one of the roles that a person gives is none."""
    for column, role in roles.items():
        if role not in ROLES:
            raise BadInput(f"'{shown(role)}' of the column '{shown(column)}' is no role; use {', '.join(ROLES)}")


def check_given(roles: Mapping[str, str], columns: Sequence[ColumnRole]) -> None:
    """Raise BadInput if a person gives a role to a column that none of the tables has."""
    known = {name for one in columns for name in (one.column, plain_name(one.column))}
    missing = [c for c in roles if c not in known and plain_name(c) not in known]
    if missing:
        listed = ", ".join(f"'{one.column}'" for one in columns[:_LISTED]) or "none"
        cure = "correct the name to which a role was given"
        raise BadInput(f"no table here has the column '{shown(missing[0])}' (the columns: {listed}); {cure}")


def told_roles(names: Mapping[str, str], columns: Iterable[str], sample: Sample, table: str) -> list[ColumnRole]:
    """What each column of a table is read as; `names`: column -> the name that it has here."""
    named = ((c, names.get(c, NONE)) for c in columns)
    kinds = ((c, role if role in (*KNOWN_COLUMNS, NONE) else METADATA) for c, role in named)
    return [ColumnRole(table, shown(c), kind, _example(sample(c))) for c, kind in kinds]


def _example(values: Sequence[Any]) -> str:
    value = next(iter(values), "")
    return f"{len(value):,} bytes" if isinstance(value, bytes) else shown(value)
