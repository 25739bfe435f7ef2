"""One row: what one line of a manifest, or the files of one stem, say of an item. No file is opened here."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mmalign_core.data.names import is_unicode, shown
from mmalign_core.types import MODALITIES, BadInput
from mmalign_core.types.identity import plain_id

VECTOR_COLUMNS = {f"{modality}_vector": modality for modality in MODALITIES}
KNOWN_COLUMNS = ("id", *MODALITIES, *VECTOR_COLUMNS)
LONGEST_ID = 500
"""Characters of an id; our choice: longer ones are texts in a wrong column."""
_LONGEST_LISTED = 1_000_000
"""Characters of a list in a cell; our choice: a longer one is no list of captions or paths."""
_TEXT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|None|nan"""
_PYTHON_TEXT = re.compile(_TEXT)
_PYTHON_LIST = re.compile(rf"\[\s*(?:(?:{_TEXT})[\s,]*)*\]", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}")
_LONGEST_PART = 255
"""Bytes of one part of a path: NAME_MAX of Linux and macOS."""
_LONGEST_PATH = 4096
"""Characters of a path: PATH_MAX of Linux."""


@dataclass(frozen=True)
class File:
    """A file known to exist: `name` as messages call it, and its path."""

    name: str
    path: Path


@dataclass(frozen=True)
class Problem:
    """The place of a file that cannot be used, with the reason as a sentence."""

    reason: str


@dataclass(frozen=True)
class Row:
    """One item as it was written.

    `cells`: modality -> its texts or file references, where a `File` is one already found and a `Problem` is reported;
    `metadata`: column -> value; `vectors`: modality -> the cell as it was read; `source`: where the row stands, such as
    'manifest.csv, line 3'.
    """

    id: str
    cells: Mapping[str, list[Any]]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    vectors: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


def row_from(values: Mapping[str, Any], source: str, *, fallback_id: str = "", lists_as_json: bool = False) -> Row:
    """The row in the values (column -> value) of a table's line or a JSON object.

    `source` says where it stands; `fallback_id` is used where the values have no id; `lists_as_json` reads a JSON list
    in a cell of text as a list. Raises BadInput if the id is empty, too long, not valid Unicode or of a wrong type.
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
    """The values of a JSON object by name, stripped of white space. Empty names and invalid Unicode are left out."""
    return {name.strip(): value for name, value in values.items() if is_unicode(name) and name.strip()}


def parse_id(value: Any, source: str) -> str:
    """An id as plain text: a number becomes its digits (3.0 becomes '3'), text keeps its zeros ('007').

    Raises BadInput, which starts with `source`, if it is empty, too long, infinite, not valid Unicode or of a wrong
    type.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (bytes, list, dict, bool)):
        raise BadInput(f"{source}: the id is not text or a number; correct it")
    if isinstance(value, float) and math.isinf(value):
        raise BadInput(f"{source}: the id is {value!s}, too large for a number; write it as text in quotation marks")
    text = plain_id(str(value))
    if not text:
        raise BadInput(f"{source}: the id is empty; give every row its own id")
    if len(text) > LONGEST_ID:
        raise BadInput(f"{shown(source)}: the id has {len(text):,} characters, more than {LONGEST_ID}; shorten it")
    if not is_unicode(text):
        raise BadInput(f"{source}: the id '{shown(text)}' is not valid UTF-8; save the file as UTF-8")
    return text


def parse_list(cell: Any, lists_as_json: bool = False) -> list[Any]:
    """The texts or references of a cell, which may be a list, without the missing ones."""
    if lists_as_json and isinstance(cell, str) and cell.lstrip().startswith("["):
        parsed = _listed(cell.strip())
        cell = cell if parsed is None else parsed
    entries = cell if isinstance(cell, (list, tuple)) else [cell]
    return [entry for entry in entries if not is_missing(entry)]


def _listed(cell: str) -> list[Any] | None:
    """The texts in a list that is written as JSON, or as Python or NumPy write one; None if it is no such list."""
    try:
        parsed = json.loads(cell)
    except (ValueError, RecursionError):
        if len(cell) > _LONGEST_LISTED or not _PYTHON_LIST.fullmatch(cell):
            return None
        parsed = [None if text in ("None", "nan") else ast.literal_eval(text) for text in _PYTHON_TEXT.findall(cell)]
    whole = isinstance(parsed, list) and all(p is None or isinstance(p, str) for p in parsed)
    return parsed if whole else None


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, blank text or an empty list."""
    if value is None or (isinstance(value, float) and value != value):
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, (list, tuple)) and not len(value)


def as_reference(entry: Any) -> str:
    """The path in a cell, stripped, that of a `file://` address too.

    Raises BadInput if it is not text, is another address, holds the content of a file, or cannot be a path.
    """
    if not isinstance(entry, str):
        raise BadInput(f"'{shown(entry)[:40]}' is not a path; write the file's path as text")
    if entry.lstrip().lower().startswith("file://"):
        entry = url2pathname(urlsplit(entry.strip()).path)
    if entry.startswith("data:") or (len(entry) > _LONGEST_PART and _BASE64.fullmatch(entry.strip())):
        cure = "save it as a file and give its path, or as bytes in Parquet"
        raise BadInput(f"'{shown(entry)[:20]}…' is the content of a file written as text (base64), not a path; {cure}")
    if "://" in entry[:12]:
        raise BadInput(f"'{shown(entry)[:80]}' is an address, not a file; download it and give its path")
    if "\0" in entry or not is_unicode(entry) or len(entry) > _LONGEST_PATH:
        raise BadInput(f"'{shown(entry)[:80]}' cannot be a path; correct it")
    return entry.strip()
