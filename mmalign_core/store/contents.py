"""Entries of the store by kind and key: their sizes, and the removal of those that are plain files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from typing import Any

from mmalign_core.store.exchanges import rename_new
from mmalign_core.store.file_writes import write_file
from mmalign_core.store.folders import key_name, remove_folder
from mmalign_core.store.marks import is_mark_log
from mmalign_core.types import BadInput, digest_file

FILES = {
    "queries": r"[0-9a-f]{32}(\.\w{1,8})?",
    "uploads": r"[0-9a-f]{32}",
    "media": r"(archive-)?[0-9a-f]{32}(\.\w{1,8})?",
    "maps": r"[0-9a-f]{32}\.safetensors",
    "marks": r"[A-Za-z0-9_.-]{0,60}-[0-9a-f]{8}\.jsonl",
}
"""Folder -> pattern of the names in it: media of queries, uploaded data, unpacked media and drawn maps, by digest;
logs of marks by the names of their collections."""
KINDS = ("runs", "embeddings", "collections", "indexes", *FILES)


@dataclass(frozen=True)
class Entry:
    """An entry of the store: its `kind` (of KINDS), the `key` that `remove` takes, its `bytes` on disk in the store,
    and a description, `about` ('' if there is none)."""

    kind: str
    key: str
    bytes: int
    about: str = ""


def check_kind(kind: str) -> str:
    """Return the kind as given. Raises BadInput with all kinds if it is unknown."""
    if kind not in KINDS:
        raise BadInput(f"the store keeps no '{kind}'; choose one of: {', '.join(KINDS)}")
    return kind


def bytes_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder, without links; 0 if the path does not exist."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


def file_entries(root: Path, kind: str) -> list[Entry]:
    """The entries of one of FILES. Files with other names are left out."""
    paths = sorted(path for path in (root / kind).glob("*") if re.fullmatch(FILES[kind], path.name))
    return [Entry(kind, path.name, bytes_of(path)) for path in paths]


def index_entries(root: Path) -> list[Entry]:
    """The indexes of spaces; what else lies in their folder is left out."""
    heads = sorted((root / "indexes").glob("[!.]*/index.json"))
    found = ((head.parent, _read_json(head, dict) or {}) for head in heads)
    return [Entry("indexes", f.name, bytes_of(f), f"{said.get('items', 0):,} items") for f, said in found]


def remove_files(root: Path, kind: str, key: str) -> None:
    """Delete one entry of FILES; BadInput where the name is none of ours, or the entry holds what we did not write."""
    path = root / kind / key
    if not re.fullmatch(FILES[kind], key) or path.is_symlink():
        raise BadInput(f"'{key}' is no name of the store's {kind}; see: store list {kind}")
    if foreign := _foreign_part(path, kind):
        raise BadInput(f"'{path}' is not deleted: {foreign}; move it away or delete it yourself")
    if path.is_dir():
        remove_folder(path)
        _unpacked_list(path).unlink(missing_ok=True)
    else:
        path.unlink(missing_ok=True)


def keep_unpacked(folder: Path, target: Path) -> None:
    """Give the folder of unpacked files the name `target`. Of one that is there, files that are gone or of another
    content are put back.

    Which files were unpacked is written down, hidden beside it: only those are ever deleted. Raises OSError.
    """
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in _files_below(folder)}
    write_file(_unpacked_list(target), json.dumps(files).encode(), durable=False)
    with suppress(FileExistsError):
        return rename_new(folder, target)
    for name in files:
        place = target / name
        if place.is_symlink() or not place.is_file() or not cmp(folder / name, place, shallow=False):
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / name, place)


def _unpacked_list(target: Path) -> Path:
    return target.with_name(f".{target.name}.json")


def _foreign_part(path: Path, kind: str) -> str:
    """What this program did not write of an entry, in words; '' where all of it is ours or nothing is there."""
    if path.is_dir():
        expected = _read_json(_unpacked_list(path), dict)
        if kind != "media" or expected is None:
            return "nothing says that this program made the folder"
        return next((f"'{name}' is not as this program wrote it" for name in _unexpected(path, expected)), "")
    if kind == "marks":
        return "" if not path.exists() or is_mark_log(path) else "it holds lines that are no marks"
    ours = not path.exists() or (_is_map(path) if kind == "maps" else digest_file(path) == path.stem)
    return "" if ours else "its content is not what this program wrote under that name"


def _unexpected(folder: Path, expected: Mapping[str, int | None]) -> list[str]:
    """Names of the files below that are not expected, or not of the expected bytes (None: of any size)."""
    names = {path: path.relative_to(folder).as_posix() for path in _files_below(folder)}
    return [
        name
        for path, name in names.items()
        if path.is_symlink() or name not in expected or expected[name] not in (None, path.stat().st_size)
    ]


def _read_json(path: Path, kind: type) -> Any:
    """What the file holds; None where it is absent, a link, damaged or of another kind."""
    try:
        found = None if path.is_symlink() else json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, kind) else None


def _files_below(folder: Path) -> list[Path]:
    """Everything below that is no folder of its own; a link counts as a file."""
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _is_map(path: Path) -> bool:
    """Whether the file is the drawn map of a shared space."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            return "projection" in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False


def sequence_bytes(root: Path, encoder_key: str) -> int:
    """Bytes on disk of one encoder's sequences."""
    return bytes_of(root / "sequences" / key_name(encoder_key))


def check_keys(kind: str, keys: Sequence[str], known: Sequence[str]) -> None:
    """Raise BadInput with the first unknown key."""
    if unknown := next((key for key in keys if key not in known), None):
        raise BadInput(f"the store holds no {kind} '{unknown}'; see: store list {kind}")
