"""File names that come from users: their natural order, their safe form, and how a report shows them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath, PurePosixPath

from mmalign_core.types import BadInput

_SHOWN = 160
_LONGEST_PART = 255
_STORED = re.compile(r"[0-9a-f]{32}(\.\w{1,8})?")


def file_words(path: str | PurePath, kind: str) -> str:
    """How an error calls a file: its name, or 'the picture' where it is stored under the digest of its content."""
    name = PurePath(path).name
    return f"the {kind}" if _STORED.fullmatch(name) else f"'{shown(name)}'"


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sort key under which 'cat2' comes before 'cat10' and capitals do not matter."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def shown(text: object) -> str:
    """Text as a report may print it: valid Unicode, without control characters, and not longer than a line."""
    words = str(text)
    if len(words) <= _SHOWN and words.isprintable():
        return words
    words = words[: 2 * _SHOWN].encode("utf-8", "backslashreplace").decode()
    words = "".join(c if c.isprintable() else " " for c in words)
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"


def is_unicode(text: str) -> bool:
    """False for text with lone surrogates: bytes that were no UTF-8, or half of a character."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def safe_name(name: str) -> str:
    """A member's or an upload's relative name with '/' between its parts, composed (NFC).

    Raises BadInput if it is absolute, climbs with '..', is no Unicode or cannot be a file name.
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
    """Whether an operating system left the file there (.DS_Store, Thumbs.db, __MACOSX, hidden folders)."""
    parts = PurePosixPath(name).parts
    return any(p.startswith(".") or p in ("__MACOSX", "Thumbs.db", "desktop.ini") for p in parts)
