"""Records of fetched models: the reference of each, and which files of the hub's shared cache `fetch` itself wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from mmalign_core.model_files.locations import own_folder
from mmalign_core.settings import Settings
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.file_writes import write_file
from mmalign_core.types import BadInput

_WAIT = 30.0
"""Seconds that a process waits for another one's record of a few kilobytes; our choice."""


def fetched_as(settings: Settings | None = None) -> dict[str, str]:
    """Repository -> the reference it was fetched by; {} if the record is absent or damaged."""
    return {k: v for k, v in _read(_record(settings)).items() if isinstance(v, str)}


def remember(repository: str, reference: str, settings: Settings | None = None) -> None:
    """Record the reference of a repository, replacing an earlier one.

    Raises BadInput if the file holds other JSON, which another program wrote, or cannot be written.
    """
    record = _record(settings)
    with _alone(record):
        _refuse_foreign(record)
        _write(record, fetched_as(settings) | {repository: reference})


def claim(repository: str, folder: Path, names: Collection[str], settings: Settings | None = None) -> list[str]:
    """Record which files in the cache's `folder` of a repository `fetch` is about to write: those that are not there.

    Returns their names, relative with "/".
    """
    absent = [name for name in names if not os.path.lexists(folder / name)]
    if absent:
        _change(settings, lambda record: _join(record, repository, folder, absent))
    return absent


def disclaim(repository: str, folder: Path, names: Collection[str], settings: Settings | None = None) -> None:
    """Take back the record of files that another program wrote after all."""
    if names:
        kept = set(fetched_files(repository, folder, settings)) - set(names)
        _change(settings, lambda record: {**record, repository: {"folder": str(folder), "files": sorted(kept)}})


def fetched_files(repository: str, folder: Path, settings: Settings | None = None) -> list[str]:
    """The names of the files in the cache's `folder` of a repository that `fetch` wrote."""
    held = _read(_files_record(settings)).get(repository)
    if not isinstance(held, dict) or held.get("folder") != str(folder) or not isinstance(held.get("files"), list):
        return []
    return [name for name in held["files"] if isinstance(name, str) and ".." not in Path(name).parts]


def remove_fetched(repository: str, folder: Path, settings: Settings | None = None) -> int:
    """Delete what `fetch` wrote of a repository in the cache, and return the freed bytes. What others wrote stays, and
    content that a snapshot of theirs needs. Raises BadInput if a file cannot be deleted.
    """
    names = fetched_files(repository, folder, settings)
    freed = 0
    with writing(folder):
        for name in (name for name in names if name.startswith("snapshots/")):
            freed += _unlink(folder / name)
        needed = {os.path.realpath(path) for path in (folder / "snapshots").rglob("*") if path.is_symlink()}
        for name in (name for name in names if name.startswith("blobs/")):
            freed += 0 if os.path.realpath(folder / name) in needed else _unlink(folder / name)
        main = folder / "refs" / "main"
        if "refs/main" in names and main.is_file() and not (folder / "snapshots" / main.read_text().strip()).is_dir():
            freed += _unlink(main)
    for below in sorted({str(parent) for name in names for parent in Path(name).parents}, reverse=True):
        with suppress(OSError):
            (folder / below).rmdir()
    return freed


def forget(repository: str, settings: Settings | None = None) -> None:
    """Take the files of a repository out of the record."""
    if repository in _read(_files_record(settings)):
        _change(settings, lambda record: {name: held for name, held in record.items() if name != repository})


def _join(record: dict[str, Any], repository: str, folder: Path, names: Collection[str]) -> dict[str, Any]:
    held = record.get(repository)
    before = held["files"] if isinstance(held, dict) and held.get("folder") == str(folder) else ()
    files = {*before, *names}
    return {**record, repository: {"folder": str(folder), "files": sorted(files)}}


def _unlink(path: Path) -> int:
    """Delete a file or a link, and return the bytes of the file; 0 for a link, or what is not there."""
    try:
        size = 0 if path.is_symlink() else path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    with suppress(OSError):
        path.parent.rmdir()
    return size


def _change(settings: Settings | None, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    record = _files_record(settings)
    with _alone(record):
        _write(record, change(_read(record)))


@contextmanager
def _alone(record: Path) -> Iterator[None]:
    """No other process changes the record until the block ends."""
    make_folder(record.parent)
    with writing(record.parent), FileLock(record.with_name(f".{record.name}.lock"), timeout=_WAIT):
        yield


def _write(record: Path, value: dict[str, Any]) -> None:
    write_file(record, json.dumps(value, indent=1).encode())


def _read(record: Path) -> dict[str, Any]:
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _record(settings: Settings | None) -> Path:
    return own_folder(settings) / "fetched.json"


def _files_record(settings: Settings | None) -> Path:
    return own_folder(settings) / "fetched-files.json"


def _refuse_foreign(record: Path) -> None:
    """Raise BadInput if the file holds other JSON. A file that is not JSON counts as damaged and may be replaced."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    if not isinstance(content, dict) or not all(isinstance(reference, str) for reference in content.values()):
        raise BadInput(f"'{record}' was not written by this program; move it away, then fetch again")
