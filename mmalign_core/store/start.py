"""The start of a store: its version is read, and what killed writers left in it goes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

from mmalign_core.store.contents import KINDS
from mmalign_core.store.file_writes import write_file
from mmalign_core.store.parts import abandoned, remove_tree
from mmalign_core.store.replacement import recover
from mmalign_core.types import BadInput

STAMP = "store.json"
_FORMAT, VERSION = "mmalign-store", 1
"""Name and version of the store's layout; the version rises when earlier versions could not read or write it."""
FOLDERS = (*KINDS, "sequences", "lists", "logs")
"""The folders in which this program writes, below the store's root."""
_EARLIER: Mapping[str, tuple[tuple[str, str], ...]] = {
    "media": ((r"unpacking-\w+", "files"), (r"upload-\w+", r"[^/]+"), (r"spooling-[0-9a-f]{32}", "")),
    "maps": ((r"\.part-\w+", r"[0-9a-f]{32}\.safetensors"),),
    "queries": ((r"\.[0-9a-f]{32}(\.\w+)?\.\d+", ""),),
    "uploads": ((r"\.draft-\w+", r"\d{6}|names\.json"),),
}
"""Folder -> patterns of the names that earlier versions gave what they had not finished, and of what lay in it ('' for
a file). Nothing tells whether their writers live, which would be of another version."""
_SIGNS = (
    *("embeddings/*.lance", "lists/*.lance", "collections/*/collection.json", "runs/*/run.json"),
    *("maps/*.safetensors", "uploads/*/names.json", "media/.archive-*.json"),
)
"""What only a store holds: a folder of the user's may well have one that is called `media`."""
_PART = r"\..+\.[0-9a-f]{8}\.mmalign-(part|ready|old)"
_started: set[str] = set()
_lock = Lock()


def check_version(root: Path) -> None:
    """Raise BadInput if a later version of this program made the store."""
    version = _version(root)
    if version is not None and version > VERSION:
        raise BadInput(
            f"the store '{root}' is of version {version}, this program reads {VERSION}; update it: "
            "pip install --upgrade mmalign, or give another store (--store)"
        )


def begin(root: Path) -> None:
    """Finish or remove what killed writers left in the store, once in each process. One that is only read stays.

    Raises BadInput if a later version of this program made the store.
    """
    check_version(root)
    with _lock:
        if str(root) in _started or not root.is_dir():
            return
        _started.add(str(root))
    clear_leftovers(root)
    if _version(root) is None and _is_store(root):
        with suppress(OSError):
            write_file(root / STAMP, json.dumps({"format": _FORMAT, "version": VERSION}).encode())


def clear_leftovers(root: Path) -> None:
    """Remove unfinished files and folders of dead writers, and finish what they replaced."""
    folders = [root, *(root / name for name in FOLDERS), *_folders_in(root / "sequences"), root / "models"]
    for folder in folders:
        with suppress(OSError):
            recover(folder)
    for path in _earlier_parts(root):
        with suppress(OSError), abandoned(path) as dead:
            if dead:
                remove_tree(path)


def leftovers(root: Path) -> list[Path]:
    """What is unfinished in the store now, whether its writer lives or not."""
    folders = [root, *(root / name for name in FOLDERS), *_folders_in(root / "sequences"), root / "models"]
    parts = [folder / name for folder in folders for name in _names(folder) if re.fullmatch(_PART, name)]
    return sorted({*parts, *_earlier_parts(root)})


def _earlier_parts(root: Path) -> list[Path]:
    """What earlier versions left unfinished: known by its name, by what lies in it, and by the store around it."""
    if not _is_store(root):
        return []
    found = []
    for kind, patterns in _EARLIER.items():
        for name in _names(root / kind):
            inside = next((inside for pattern, inside in patterns if re.fullmatch(pattern, name)), None)
            if inside is not None and _holds_only(root / kind / name, inside):
                found.append(root / kind / name)
    return found


def _holds_only(path: Path, inside: str) -> bool:
    if path.is_symlink() or path.is_dir() != bool(inside):
        return False
    names = _names(path) if inside else []
    single = len(names) <= 1 or path.parent.name == "uploads"
    return single and all(re.fullmatch(inside, name) and not (path / name).is_symlink() for name in names)


def _is_store(root: Path) -> bool:
    """Whether this program has kept something in the folder."""
    return _version(root) is not None or any(next(root.glob(sign), None) is not None for sign in _SIGNS)


def _version(root: Path) -> int | None:
    """The version that the store states; None if it states none."""
    try:
        said = json.loads((root / STAMP).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    ours = isinstance(said, dict) and said.get("format") == _FORMAT and isinstance(said.get("version"), int)
    return said["version"] if ours else None


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _folders_in(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder)]
