"""Ownership: which folders and files this program wrote, so that it may replace or delete them.

A folder is ours if its marker states this format, a known version and the kind; one of a version without markers, if
its checksums list the kind's head. A file in it is ours if the checksums list it, with a name of that kind's layout and
its content. Everything else in the folder is somebody else's, and stays. Links are never ours: they lead anywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MARKER = "mmalign.json"
CHECKSUMS = "checksums.json"
Kind = Literal["run", "collection", "index"]

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
    "index": r"(index\.json|\d+\.npy|summary\.safetensors|vectors\.lance/.+)",
}
"""Kind -> pattern of the names of files below its folder."""
_HEAD: Mapping[Kind, str] = {"collection": "collection.json", "run": "run.json", "index": "index.json"}
_CHECKS = 100
"""Checks of a folder that other writers keep replacing. Chosen: one check takes longer than one replacement."""


def mark(folder: Path, kind: Kind) -> None:
    """Write the marker into a new folder."""
    (folder / MARKER).write_text(json.dumps({"format": _FORMAT, "version": _VERSION, "kind": kind}))


@dataclass(frozen=True)
class Found:
    """What lies in a folder. `ours`: whether we made the folder, or it is empty or absent; `own`: the files of ours;
    `changed`: files of ours whose content is another now; `foreign`: the topmost entries that are not ours, with the
    changed ones. Names are relative, with "/"."""

    ours: bool
    own: frozenset[str]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def first(self) -> str:
        """The first entry that speaks against this program as the maker of everything; '' if none does."""
        return next(iter(self.changed or self.foreign), "")


def look(folder: Path, kind: Kind) -> Found:
    """What lies in `folder`, which may be absent. A link or a file in its place is not ours."""
    found = _look(folder, kind)
    for _ in range(_CHECKS):
        if found.ours and not found.foreign:
            break
        before = _content(folder / CHECKSUMS)
        found = _look(folder, kind)
        if _content(folder / CHECKSUMS) == before:  # else another writer replaced it meanwhile
            break
    return found


def foreign_entry(folder: Path, kind: Kind) -> str:
    """The name of the first entry of `folder` that this program did not write as part of a `kind`.

    '' if all is ours or it is absent; the folder's own name if it is a link, a file, or of another kind or format.
    """
    found = look(folder, kind)
    return found.first or ("" if found.ours else folder.name)


def kind_of(folder: Path) -> Kind:
    """The kind that the folder's marker states, or its checksums: a run if neither says anything."""
    for kind, head in _HEAD.items():
        if _marked(folder, kind) or head in _listed(folder):
            return kind
    return "run"


def is_made_folder(folder: Path) -> bool:
    """Whether the folder says that this program made it: by its marker, or as those did that have none."""
    return (folder / MARKER).is_file() or any(head in _listed(folder) for head in _HEAD.values())


def list_of(folder: Path) -> bytes | None:
    """The content of the folder's checksums, which differs between any two runs; None if there are none."""
    return _content(folder / CHECKSUMS)


def is_listed(folder: Path, name: str) -> bool:
    """Whether the folder's checksums list a file of that name, so that we wrote it."""
    return name in _listed(folder)


def file_digest(path: Path) -> str:
    """The BLAKE2b digest of the file's content, 32 hexadecimal digits, as in the checksums."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _look(folder: Path, kind: Kind) -> Found:
    if not os.path.lexists(folder):
        return Found(True, frozenset(), (), ())
    if folder.is_symlink() or not folder.is_dir():
        return Found(False, frozenset(), (), ())
    listed = _listed(folder)
    inside = {parent.as_posix() for name in listed for parent in Path(name).parents}
    own: set[str] = set()
    changed, foreign, empty = list[str](), list[str](), True
    for name, is_folder in _entries(folder, inside):
        empty = False
        if is_folder:
            foreign += [name] if name not in inside else []
        elif (listed and name in (CHECKSUMS, MARKER)) or _is_listed(folder, name, listed, kind):
            own.add(name)
        else:
            foreign.append(name)
            changed += [name] if name in listed and re.fullmatch(_LAYOUT[kind], name) else []
    marked = os.path.lexists(folder / MARKER)
    ours = empty or (_marked(folder, kind) if marked else _HEAD[kind] in listed)
    return Found(ours, frozenset(own), tuple(sorted(changed)), tuple(sorted(foreign)))


def _is_listed(folder: Path, name: str, listed: Mapping[str, str], kind: Kind) -> bool:
    if name not in listed or not re.fullmatch(_LAYOUT[kind], name) or (folder / name).is_symlink():
        return False
    if kind != "run":  # the others lie in the store alone, and damaged ones are written again
        return True
    try:
        return file_digest(folder / name) == listed[name]
    except OSError:
        return False


def _entries(folder: Path, inside: set[str]) -> Iterator[tuple[str, bool]]:
    """(path relative to `folder` with '/', whether it is a folder) of every entry; a link counts as a file.

    Folders that are not among `inside` are told but not entered.
    """
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        for entry in _scanned(folder / prefix):
            name = f"{prefix}{entry.name}"
            is_folder = entry.is_dir(follow_symlinks=False)
            yield name, is_folder
            waiting += [f"{name}/"] if is_folder and name in inside else []


def _scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:  # another writer replaced the folder
        return []


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
