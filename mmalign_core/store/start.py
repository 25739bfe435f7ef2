"""The start of a store: its version is read, and what killed writers left in it goes."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from threading import Lock

from mmalign_core.store.contents import KINDS
from mmalign_core.store.file_writes import write_file
from mmalign_core.store.parts import abandoned, remove_tree
from mmalign_core.store.replaced import recover
from mmalign_core.types import BadInput

STAMP = "store.json"
_FORMAT, VERSION = "mmalign-store", 1
"""Name and version of the store's layout; the version rises when earlier versions could not read or write it."""
FOLDERS = (*KINDS, "sequences", "lists", "logs")
"""The folders in which this program writes, below the store's root."""
_EARLIER = {
    "media": r"(unpacking|upload|spooling)-.+",
    "maps": r"\.part-.+",
    "queries": r"\..+\.\d+",
    "uploads": r"\.draft-.+",
}
"""Folder -> pattern of the names that earlier versions gave what they had not finished. Nothing tells whether their
writers live, which would be of another version."""
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
    if _version(root) is None and any((root / name).is_dir() for name in FOLDERS):
        with suppress(OSError):
            write_file(root / STAMP, json.dumps({"format": _FORMAT, "version": VERSION}).encode())


def clear_leftovers(root: Path) -> None:
    """Remove unfinished files and folders of dead writers, and finish what they replaced."""
    folders = [root, *(root / name for name in FOLDERS), *_folders_in(root / "sequences"), root / "models"]
    for folder in folders:
        with suppress(OSError):
            recover(folder)
    for kind, pattern in _EARLIER.items():
        _remove(root / kind, pattern)


def leftovers(root: Path) -> list[Path]:
    """What is unfinished in the store now, whether its writer lives or not."""
    folders = [root, *(root / name for name in FOLDERS), *_folders_in(root / "sequences"), root / "models"]
    named = [(folder, r"\..+\.mmalign-(part|ready|old)") for folder in folders]
    named += [(root / kind, pattern) for kind, pattern in _EARLIER.items()]
    return sorted(folder / name for folder, pattern in named for name in _names(folder) if re.fullmatch(pattern, name))


def _remove(folder: Path, pattern: str) -> None:
    for name in _names(folder):
        if not re.fullmatch(pattern, name):
            continue
        with suppress(OSError), abandoned(folder / name) as dead:
            if dead:
                remove_tree(folder / name)


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
