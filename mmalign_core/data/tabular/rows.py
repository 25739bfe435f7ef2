"""A row of a manifest, or a group of files with one stem: what one item brings, before any file is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmalign_core.data.names import is_unicode, shown
from mmalign_core.types import MODALITIES, BadInput

VECTOR_COLUMNS = {f"{modality}_vector": modality for modality in MODALITIES}
KNOWN_COLUMNS = ("id", *MODALITIES, *VECTOR_COLUMNS)
LONGEST_ID = 500


@dataclass(frozen=True)
class File:
    """A file that was found by listing: where it is, and what the user calls it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Problem:
    """Stands in a cell for a file that cannot be used, with the reason."""

    reason: str


@dataclass(frozen=True)
class Row:
    """One item: `cells` modality -> texts or file references, `vectors` modality -> raw cell.

    A `File` among the references is taken as it is, a `Problem` is reported. `source` says where the row stands
    ('manifest.csv, line 3').
    """

    id: str
    cells: Mapping[str, list[Any]]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    vectors: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


def row_from(values: Mapping[str, Any], source: str, *, fallback_id: str = "", lists_as_json: bool = False) -> Row:
    """The row that a table's line or a JSON object describes; BadInput if its id cannot be used.

    `lists_as_json`: cells are plain text (csv), where a JSON list stands for a list.
    """
    present = {k: v for k, v in values.items() if not is_missing(v)}
    return Row(
        id=parse_id(present.get("id", fallback_id), source),
        cells={m: parse_list(present[m], lists_as_json) for m in MODALITIES if m in present},
        metadata={k: present.get(k) for k in values if k not in KNOWN_COLUMNS},
        vectors={m: present.get(c) for c, m in VECTOR_COLUMNS.items() if c in values},
        source=source,
    )


def named_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object's values under their names without white space around; nameless and broken names are left out."""
    return {name.strip(): value for name, value in values.items() if is_unicode(name) and name.strip()}


def parse_id(value: Any, source: str) -> str:
    """An id as text: numbers become their digits, text keeps its zeros ('007'), white space around it goes."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (bytes, list, dict, bool)):
        raise BadInput(f"{source}: the id is not text or a number; correct it")
    text = str(value).strip()
    if not text:
        raise BadInput(f"{source}: the id is empty; give every row its own id")
    if len(text) > LONGEST_ID:
        raise BadInput(f"{source}: the id has {len(text):,} characters, more than {LONGEST_ID}; shorten it")
    if not is_unicode(text):
        raise BadInput(f"{source}: the id '{shown(text)}' is not valid UTF-8; save the file as UTF-8")
    return text


def parse_list(cell: Any, lists_as_json: bool = False) -> list[Any]:
    """A cell as the list of its texts or references; missing entries of a list are left out."""
    if lists_as_json and isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            parsed = json.loads(cell)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, list) and all(isinstance(p, str) for p in parsed):
            cell = parsed
    entries = cell if isinstance(cell, (list, tuple)) else [cell]
    return [entry for entry in entries if not is_missing(entry)]


def is_missing(value: Any) -> bool:
    """None, NaN, blank text and empty lists are absent."""
    if value is None or (isinstance(value, float) and value != value):
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, (list, tuple)) and not len(value)


def as_reference(entry: Any) -> str:
    """A cell as a file reference, or BadInput if it cannot be one."""
    if not isinstance(entry, str):
        raise BadInput(f"{shown(entry)[:40]} is not a path; write the file's path as text")
    if "://" in entry[:12] or entry.startswith("data:"):
        raise BadInput(f"'{shown(entry)[:80]}' is an address, not a file; download it and give its path")
    if "\0" in entry or not is_unicode(entry) or len(entry) > 4096:
        raise BadInput(f"'{shown(entry)[:80]}' cannot be a path; correct it")
    return entry.strip()
