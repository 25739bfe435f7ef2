"""Ownership: which folders and files this program wrote, so that it may replace or delete them.

A folder is owned if its marker states this format, a known version and the kind, and every file in it is listed in its
checksums, has a name of that kind's layout and the listed content. Folders of versions without markers need only the
rest. Links are never owned, since their targets may be anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Literal

from mmalign_core.types import BadInput

MARKER = "mmalign.json"
CHECKSUMS = "checksums.json"
Kind = Literal["run", "collection"]

MEDIA_NAME = r"[0-9a-f]{32}(\.[a-z0-9]{1,8})?"
"""Names of media that lie in a run's own folder: the digest of the content, and the extension of its format."""

_FORMAT, _VERSION = "mmalign-folder", 1
"""Name and version of the folder format in the marker. The version rises when the layout changes."""
SETS_LAYOUT = r"(sets\.json|\d+\.(safetensors|parquet))"
_COLLECTION = rf"((collection|media|skipped)\.json|(items|interactions|media)\.parquet|vectors/{SETS_LAYOUT})"
RUN_LAYOUT = (
    rf"(run\.json|state\.safetensors|(space|earlier)/{SETS_LAYOUT}|collection/{_COLLECTION}|media/{MEDIA_NAME})"
)
_LAYOUT: Mapping[Kind, str] = {
    "collection": _COLLECTION,
    "run": RUN_LAYOUT,
}
"""Kind -> pattern of the names of files below its folder."""
_HEAD: Mapping[Kind, str] = {"collection": "collection.json", "run": "run.json"}
_CHECKS = 100
"""Checks of a folder that other writers keep replacing. Chosen: one check takes longer than one replacement."""


def mark(folder: Path, kind: Kind) -> None:
    """Write the marker into a new folder."""
    (folder / MARKER).write_text(json.dumps({"format": _FORMAT, "version": _VERSION, "kind": kind}))


def foreign_entry(folder: Path, kind: Kind) -> str:
    """Return the relative name of the first entry of `folder` that this program did not write as part of a `kind`.

    '' if `folder` is owned, empty or absent. The folder's own name if it is a link or a file, or its marker is of
    another kind or format.
    """
    for _ in range(_CHECKS):
        before = _content(folder / CHECKSUMS)
        foreign = _foreign_entry(folder, kind)
        if not foreign or _content(folder / CHECKSUMS) == before:  # else another writer replaced it during the check
            break
    return foreign


def file_digest(path: Path) -> str:
    """The BLAKE2b digest of the file's content, 32 hexadecimal digits, as in the checksums."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def check_file(path: Path, is_ours: Callable[[Path], bool], option: str, overwrite: bool = False) -> None:
    """Raise BadInput if `path` is a file for which `is_ours` is false, unless `overwrite` is set.

    Devices, pipes and empty files pass, since they have no content to lose.
    """
    if overwrite or not path.is_file() or not path.stat().st_size or is_ours(path):
        return
    raise BadInput(
        f"{option} {path}: that file exists and was not written by this program; name another file, or add --overwrite"
    )


def write_file(path: Path, content: bytes) -> None:
    """Write the file whole or not at all. Missing folders are created and links followed. Raises OSError.

    A device, a pipe, or a file in a folder without write permission is written directly.
    """
    fill_file(path, lambda file: file.write(content))


def fill_file(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """The same for what `fill` writes, which may be more than memory holds."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not (path.is_file() and os.access(path.parent, os.W_OK | os.X_OK)):
        with path.open("wb") as file:
            fill(file)
        return
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    handle, part = tempfile.mkstemp(prefix=".mmalign-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
        os.chmod(part, mode)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def _umask() -> int:
    """The permissions that new files lack. The system returns the mask only when a new one is set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _foreign_entry(folder: Path, kind: Kind) -> str:
    if not os.path.lexists(folder):
        return ""
    if folder.is_symlink() or not folder.is_dir():
        return folder.name
    listed, entries = _listed(folder), sorted(_entries(folder))
    ours = {CHECKSUMS, MARKER} if listed else set()
    for name, is_folder in entries:
        if is_folder:
            if not any(file.startswith(f"{name}/") for file in listed):
                return name
        elif name not in ours and not _is_listed(folder, name, listed, kind):
            return name
    marked = any(name == MARKER for name, _ in entries)
    known = _marked(folder, kind) if marked else _HEAD[kind] in listed
    return folder.name if entries and not known else ""


def _is_listed(folder: Path, name: str, listed: Mapping[str, str], kind: Kind) -> bool:
    if name not in listed or not re.fullmatch(_LAYOUT[kind], name) or (folder / name).is_symlink():
        return False
    if kind == "collection":  # collections lie in the store alone, and damaged ones are written again
        return True
    try:
        return file_digest(folder / name) == listed[name]
    except OSError:
        return False


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """(path relative to `folder` with '/', whether it is a folder) of every entry below; a link counts as a file."""
    for root, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(root) / name
            yield path.relative_to(folder).as_posix(), path.is_dir() and not path.is_symlink()


def _listed(folder: Path) -> dict[str, str]:
    """File name -> digest from the checksums; {} if they are absent or of another format."""
    try:
        listed = json.loads(_content(folder / CHECKSUMS) or b"")
    except (ValueError, RecursionError):
        return {}
    right = isinstance(listed, dict) and all(re.fullmatch(r"[0-9a-f]{32}", str(digest)) for digest in listed.values())
    return listed if right else {}


def _marked(folder: Path, kind: Kind) -> bool:
    try:
        marker = json.loads(_content(folder / MARKER) or b"")
    except (ValueError, RecursionError):
        return False
    return bool(marker == {"format": _FORMAT, "version": _VERSION, "kind": kind})


def _content(path: Path) -> bytes | None:
    """The content of the file; None if it is absent or a link."""
    try:
        return None if path.is_symlink() else path.read_bytes()
    except OSError:
        return None
