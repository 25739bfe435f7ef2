"""A hostile or damaged zip is refused before anything of it is read: bounded directory, plain and known members.

A zip that is taken holds uncompressed members alone, so that it never unpacks to more bytes than it has.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_DIRECTORY_ENTRY = 512
"""Bytes of a member's entry in the directory at the most: 46 fixed (PKWARE APPNOTE 4.3.12), its name, zip64 sizes."""
_END = struct.Struct("<4s4H2LH")
"""The end of a zip without a comment (APPNOTE 4.3.16)."""
_LOCATOR, _END64 = struct.Struct("<4sLQL"), struct.Struct("<4sQ2H2L4Q")
"""What stands before it in a large zip: the locator and the end record of zip64 (APPNOTE 4.3.15, 4.3.14)."""
_ENCRYPTED = 0x1
"""Bit 0 of the general purpose flags (APPNOTE 4.4.4)."""


@dataclass(frozen=True)
class Rules:
    """What may be in the zip: `layout` matches every name; `words` bounds the bytes of JSON members, the settings
    bound the rest. `cure` ends every message."""

    layout: str
    words: int
    settings: Settings
    cure: str


def open_checked(path: Path, rules: Rules) -> zipfile.ZipFile:
    """The zip, its directory and all its members within the rules; BadInput says what is not."""
    size, settings = path.stat().st_size, rules.settings
    if size > settings.max_archive_bytes:
        raise refused(path, f"it has {size:,} bytes", "raise MMALIGN_MAX_ARCHIVE_BYTES")
    _check_directory(path, size, rules)
    with damage_said(path, rules.cure):
        archive = zipfile.ZipFile(path)
    try:
        _check_entries(path, archive.infolist(), size, rules)
    except BaseException:
        archive.close()
        raise
    return archive


@contextmanager
def damage_said(path: Path, cure: str) -> Iterator[None]:
    """Turn what zipfile raises about a damaged file into BadInput.

    zipfile raises NotImplementedError for a compression or version that it does not know, RuntimeError for encryption.
    """
    try:
        yield
    except BadInput:
        raise
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, RuntimeError, struct.error) as error:
        raise refused(path, f"it is damaged: {plain_words(error)}", cure) from error


def refused(path: Path, why: str, cure: str) -> BadInput:
    """The error for a file that is not opened."""
    return BadInput(f"'{plain_words(path.name)}' is not opened: {why}; {cure}")


def plain_words(value: object, most: int = 160) -> str:
    """Printable text, cut to about two lines of a terminal."""
    words = str(value)[: 2 * most].encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else " " for c in words)[:most]


def _check_directory(path: Path, size: int, rules: Rules) -> None:
    """BadInput unless the file ends as a zip does and its directory is no larger than the most members need."""
    with path.open("rb") as file:
        file.seek(max(0, size - _END.size - _LOCATOR.size - _END64.size))
        tail = file.read()
    if not tail[-_END.size :].startswith(b"PK\x05\x06") or len(tail) < _END.size:
        raise refused(path, "it does not end as a bundle does: it is another file, or cut off", rules.cure)
    end = _END.unpack(tail[-_END.size :])
    entries, directory, comment = end[4], end[5], end[7]
    if comment:
        raise refused(path, "something stands after its end", rules.cure)
    large = tail[: -_END.size]
    if large[-_LOCATOR.size :].startswith(b"PK\x06\x07"):
        if len(large) < _END64.size + _LOCATOR.size or not large.startswith(b"PK\x06\x06"):
            raise refused(path, "its end is damaged", rules.cure)
        end64 = _END64.unpack(large[: _END64.size])
        entries, directory = end64[7], end64[8]
    most = rules.settings.max_archive_files
    if entries > most or directory > most * _DIRECTORY_ENTRY:
        raise refused(path, f"it lists more than {most:,} members", "raise MMALIGN_MAX_ARCHIVE_FILES")


def _check_entries(path: Path, entries: Sequence[zipfile.ZipInfo], size: int, rules: Rules) -> None:
    """BadInput names the first member that may not be there; nothing of any member is read."""
    if len(entries) > rules.settings.max_archive_files:
        raise refused(path, f"it holds {len(entries):,} members", "raise MMALIGN_MAX_ARCHIVE_FILES")
    seen: set[str] = set()
    for entry in entries:
        problem = _kind_problem(entry) or _name_problem(entry.filename, seen, rules) or _size_problem(entry, rules)
        if problem:
            raise refused(path, f"its member '{plain_words(entry.filename)}' {problem}", rules.cure)
        seen.add(entry.filename)
    if min((entry.header_offset for entry in entries), default=0):
        raise refused(path, "something stands before its start", rules.cure)
    if sum(entry.file_size for entry in entries) > size:
        raise refused(path, "its members together are larger than the file: they overlap", rules.cure)


def _kind_problem(entry: zipfile.ZipInfo) -> str:
    """Why such a member is refused, '' where it is not."""
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "is a link or device"
    plain = entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
    return "" if plain else "is compressed, as nothing in a bundle is"


def _name_problem(name: str, seen: set[str], rules: Rules) -> str:
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or re.match(r"[A-Za-z]:", name):
        return "leads out of the bundle"
    if name in seen:
        return "is there twice"
    return "" if re.fullmatch(rules.layout, name) else "is no part of a bundle"


def _size_problem(entry: zipfile.ZipInfo, rules: Rules) -> str:
    name, most = entry.filename, rules.settings.max_archive_bytes
    if name.endswith((".json", ".jsonl")):
        most = rules.words
    elif "/media/" in name:
        most = rules.settings.max_file_bytes
    return f"has {entry.file_size:,} bytes, more than the {most:,} allowed" if entry.file_size > most else ""
