"""What the store holds and how much room it takes, entry by entry; the removal of entries by kind and key."""

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
    "marks": r"[A-Za-z0-9_.-]{0,60}-[0-9a-f]{8}\.jsonl",
}
"""Folders and the names of their entries: media asked with, uploaded data, unpacked media, drawn maps, logs of marks.
Digests name all but the last, which are named after their collections."""
KINDS = ("runs", "embeddings", "collections", *FILES)


@dataclass(frozen=True)
class Entry:
    """One thing that is kept: its `kind` of KINDS, the `key` it is removed by, its `bytes` on disk in the store, and
    what it is `about` in words ('' where its files do not say)."""

    kind: str
    key: str
    bytes: int
    about: str = ""


def check_kind(kind: str) -> str:
    """The kind, or BadInput with those that there are."""
    if kind not in KINDS:
        raise BadInput(f"the store keeps no '{kind}'; choose one of: {', '.join(KINDS)}")
    return kind


def bytes_of(path: Path) -> int:
    """Bytes of a file or of all files below a folder; links count as nothing, 0 where nothing is there."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


def file_entries(root: Path, kind: str) -> list[Entry]:
    """The entries of one of FILES; what has no name of ours is left out."""
    found = sorted(path for path in (root / kind).glob("*") if re.fullmatch(FILES[kind], path.name))
    return [Entry(kind, path.name, bytes_of(path)) for path in found]


def remove_files(root: Path, kind: str, key: str) -> None:
    """Delete one entry of FILES; BadInput where the name is none of ours."""
    path = root / kind / key
    if not re.fullmatch(FILES[kind], key) or path.is_symlink():
        raise BadInput(f"'{key}' is no name of the store's {kind}; see: store list {kind}")
    if path.is_dir():
        remove_folder(path)
    else:
        path.unlink(missing_ok=True)


def sequence_bytes(root: Path, encoder_key: str) -> int:
    """Bytes of one encoder's sequences."""
    return bytes_of(root / "sequences" / key_name(encoder_key))


def check_keys(kind: str, keys: Sequence[str], held: Sequence[str]) -> None:
    """BadInput names the first key that is not held, so that nothing is removed by half."""
    if lacking := next((key for key in keys if key not in held), None):
        raise BadInput(f"the store holds no {kind} '{lacking}'; see: store list {kind}")
