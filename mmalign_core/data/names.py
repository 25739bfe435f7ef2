"""File names given by users: sort order, safe form, printable form, and names with a meaning of their own."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath, PurePosixPath

from mmalign_core.types import BadInput

_SHOWN = 160
"""Characters of a user's text in a message: about two lines of a terminal of 80 columns."""
_LONGEST_PART = 255
"""Bytes of one part of a path: NAME_MAX of Linux and macOS."""
_ABOUT = ("readme", "license", "licence", "copying", "source", "sources", "attribution", "manifest", "interactions")
_SHEETS = (".xlsx", ".xls", ".ods", ".numbers")
"""Endings of spreadsheets, which are not read: a manifest in one of them is no description."""
_STORED = re.compile(r"[0-9a-f]{32}(\.\w{1,8})?")
_SURROGATE = re.compile("[\ud800-\udfff]")
SPLIT_WORDS = (
    *("train", "training", "test", "testing", "validation", "valid", "val", "dev", "development", "unsupervised"),
    *("eval", "evaluation"),
)
"""Names of the splits of data sets."""
_SYSTEM = ("__MACOSX", "Thumbs.db", "desktop.ini")
_MARKERS = ("_SUCCESS", "_metadata", "_common_metadata")
"""Files that programs leave in folders of tables and in buckets, beside those that end in _$folder$ or begin so."""


def file_words(path: str | PurePath, kind: str) -> str:
    """How a message calls a file: its quoted name, or 'the <kind>' where its name is the digest of its content."""
    name = PurePath(path).name
    return f"the {kind}" if _STORED.fullmatch(name) else f"'{shown(name)}'"


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sort key: numbers sort by value ('cat2' before 'cat10'); case counts only between names otherwise equal."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def shown(text: object) -> str:
    """Text made safe to print: valid Unicode, no control characters, at most 160 characters, the last '…' if cut."""
    words = str(text)
    if len(words) <= _SHOWN and words.isprintable():
        return words
    words = words[: 2 * _SHOWN].encode("utf-8", "backslashreplace").decode()
    words = "".join(c if c.isprintable() else " " for c in words)
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"


def taken_id(own: str, earlier: str) -> str:
    """The sentence on an id that an earlier row has, perhaps written otherwise."""
    otherwise = "" if own == earlier else f", which writes it '{shown(earlier)}'"
    return f"the id '{shown(own)}' is taken by an earlier row{otherwise}"


def is_unicode(text: str) -> bool:
    """Whether text has no lone surrogates, which stand for bytes that were not UTF-8 or for half of a character."""
    return text.isascii() or not _SURROGATE.search(text)


def safe_name(name: str) -> str:
    """The relative path that an archive member or an upload is stored under: '/' between its parts, in Unicode NFC.

    Raises BadInput if the name is absolute, contains '..', is not valid Unicode or cannot be a file name.
    """
    path = name.replace("\\", "/")
    parts = PurePosixPath(path).parts
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        raise BadInput(f"'{shown(name)}' leaves the folder; name files by paths below it")
    if not is_unicode(path):
        raise BadInput(f"'{shown(name)}' is a file name that is not UTF-8; rename the file")
    if not parts or "\0" in path or any(len(part.encode()) > _LONGEST_PART for part in parts):
        raise BadInput(f"'{shown(name)}' cannot be a file name; rename the file")
    return unicodedata.normalize("NFC", "/".join(parts))


def is_system_file(name: str) -> bool:
    """Whether a program left the file for itself (.DS_Store, Thumbs.db, __MACOSX, _SUCCESS) or its path is hidden."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    marked = bool(parts) and (parts[-1] in _MARKERS or parts[-1].endswith("_$folder$"))
    return marked or any(p.startswith((".", "_committed_", "_started_")) or p in _SYSTEM for p in parts)


def is_about(name: str) -> bool:
    """Whether a file of the top folder describes the collection (README, LICENSE, manifest, …) and is no item."""
    path = PurePosixPath(name)
    return "/" not in name and path.stem.lower() in _ABOUT and path.suffix.lower() not in _SHEETS


def shown_sentence(reason: object) -> str:
    """A reason as one line of printable, valid Unicode; other characters become spaces. A message that is, stays."""
    said = str(reason)
    words = said.encode("utf-8", "backslashreplace").decode()
    line = "".join(c if c.isprintable() else " " for c in words)
    return said if line == said else line
