"""Roles that a person sees and gives: what each column of a table is read as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.data.tabular.column_names import plain_name
from mmalign_core.data.tabular.contents import Feature, Sample
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS
from mmalign_core.types import BadInput

METADATA, NONE = "metadata", "none"
"""What a person calls a column that describes the items, and one that is not read."""
_LISTED = 12
"""Columns that a message lists; our choice."""
_WORDED = 12
"""Characters of a text that may be a caption; our choice: codes and labels are shorter."""
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


def text_hint(names: Mapping[str, str], features: Mapping[str, Feature], sample: Sample) -> str:
    """A sentence on the columns of metadata that look like texts, where no column is the text; '' without any."""
    if "text" in names.values():
        return ""
    loose = [c for c, role in names.items() if role == c and features[c].kind == "text" and _are_worded(sample(c))]
    listed = ", ".join(f"'{shown(c)}'" for c in loose[:_LISTED])
    first = shown(loose[0]) if loose else ""
    option = f"'{first}=text'" if " " in first else f"{first}=text"
    return f"no column is read as the text; {listed} may be one: --role {option}, or in the preview" if loose else ""


def _are_worded(values: Sequence[Any]) -> bool:
    """Whether values are texts in words, each another one: no labels, codes, addresses or paths."""
    texts = [value for value in values if isinstance(value, str)]
    long = [t for t in texts if (" " in t.strip() or not t.isascii()) and len(t.encode()) >= _WORDED]
    return bool(texts) and 2 * len(long) >= len(texts) and 2 * len(set(texts)) > len(texts)
