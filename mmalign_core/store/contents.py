"""Entries of the store by kind and key: their sizes, and the removal of those that are plain files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmalign_core.store.folders import key_name, remove_folder
from mmalign_core.types import BadInput

FILES = {
    "queries": r"[0-9a-f]{32}(\.\w{1,8})?",
    "uploads": r"[0-9a-f]{32}",
    "media": r"(archive-)?[0-9a-f]{32}(\.\w{1,8})?",
    "maps": r"[0-9a-f]{32}\.safetensors",
}
"""Folder -> pattern of the names in it: media of queries, uploaded data, unpacked media and drawn maps, by digest."""
KINDS = ("runs", "embeddings", "collections", *FILES)


@dataclass(frozen=True)
class Entry:
    """An entry of the store: its `kind` (of KINDS), the `key` that `remove` takes, its `bytes` on disk in the store,
    and a description, `about` ('' if there is none)."""

    kind: str
    key: str
    bytes: int
    about: str = ""


def check_kind(kind: str) -> str:
    """The kind itself. Raises BadInput with all kinds if it is unknown."""
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


def remove_files(root: Path, kind: str, key: str) -> None:
    """Delete one entry of FILES. Raises BadInput if the key is no name of that kind or names a link."""
    path = root / kind / key
    if not re.fullmatch(FILES[kind], key) or path.is_symlink():
        raise BadInput(f"'{key}' is no name of the store's {kind}; see: store list {kind}")
    if path.is_dir():
        remove_folder(path)
    else:
        path.unlink(missing_ok=True)


def sequence_bytes(root: Path, encoder_key: str) -> int:
    """Bytes on disk of one encoder's sequences."""
    return bytes_of(root / "sequences" / key_name(encoder_key))


def check_keys(kind: str, keys: Sequence[str], known: Sequence[str]) -> None:
    """Raise BadInput with the first unknown key."""
    if unknown := next((key for key in keys if key not in known), None):
        raise BadInput(f"the store holds no {kind} '{unknown}'; see: store list {kind}")
