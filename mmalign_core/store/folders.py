"""Folders that appear whole or not at all, and are checked against their checksums when they are read."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmalign_core.store.errors import make_folder, refusal, system_code, unwritable
from mmalign_core.store.ownership import CHECKSUMS, Kind, file_digest, foreign_entry, mark
from mmalign_core.types import BadInput, digest_bytes

PART = ".mmalign-part"
PUT_ATTEMPTS = 10
"""Renames tried when other writers put the same folder. Chosen: each failure means that another writer succeeded."""
ABANDONED_AFTER = 3600.0
"""Seconds after which an unfinished folder is taken for one whose writer was killed."""


def write_folder(target: Path, kind: Kind, fill: Callable[[Path], None]) -> Path:
    """Let `fill` write a new folder, then put it at `target` in one rename; an earlier one of that kind is replaced.

    A killed writer leaves only a hidden sibling, which a later write removes. Raises BadInput when anything that this
    program did not write is at `target`, or it cannot be written.
    """
    target = check_place(target, kind)
    parent = make_folder(target.parent)
    part = part_of(target)
    try:
        clear_abandoned(parent)
        part.mkdir()
        mark(part, kind)
        fill(part)
        write_json(part / CHECKSUMS, _checksums(part))
        _sync(part)
        _put(part, target, kind)
    except Exception as error:
        if isinstance(error, BadInput) or not system_code(error):
            raise
        raise unwritable(target, os.strerror(system_code(error))) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def check_place(target: Path, kind: Kind) -> Path:
    """The absolute path, or BadInput where `write_folder` would refuse it; nothing is made."""
    target = target.absolute()
    if refused := refusal(target):
        raise unwritable(target, os.strerror(refused))
    _refuse_foreign(target, kind)
    return target


def _refuse_foreign(target: Path, kind: Kind) -> None:
    if found := foreign_entry(target, kind):
        what = f"its '{found}'" if found != target.name else "it"
        raise BadInput(
            f"'{target}' exists and holds something else; give a new folder: {what} is not as this program wrote it"
        )


def check_folder(folder: Path, cure: str) -> None:
    """BadInput naming the first file that is missing or differs from its checksum, and the cure."""
    try:
        expected = json.loads((folder / CHECKSUMS).read_text())
        differing = [name for name, digest in expected.items() if file_digest(folder / name) != digest]
    except (OSError, ValueError, AttributeError) as error:
        raise BadInput(f"'{folder}' is damaged ({error}); {cure}") from error
    if differing:
        raise BadInput(f"'{folder}' is damaged ({differing[0]} differs from its checksum); {cure}")


def remove_owned(folder: Path, kind: Kind) -> None:
    """Remove a folder of that kind; BadInput where it holds anything that this program did not write."""
    if found := foreign_entry(folder, kind):
        raise BadInput(f"'{folder}' is not deleted: '{found}' is not as this program wrote it; delete it yourself")
    remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove the folder, whatever it holds, in one rename, then its files."""
    try:
        _remove(folder)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error


def write_json(path: Path, value: Any) -> None:
    """Write JSON; numpy numbers and arrays become plain ones, anything else unknown its text."""
    path.write_text(json.dumps(value, default=plain))


def plain(value: Any) -> Any:
    """The JSON form of what `json` does not know."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def key_name(key: str) -> str:
    """A name for what belongs to this key: readable, safe as a file name, and different for different keys."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '-', key)[:60]}-{digest_bytes(key.encode())[:8]}"


def part_of(target: Path) -> Path:
    """A fresh hidden sibling of `target` to write or discard things in; it does not exist yet."""
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}{PART}")


def clear_abandoned(parent: Path) -> None:
    """Remove what killed writers left in this folder."""
    for path in parent.glob(f".*{PART}"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                shutil.rmtree(path, ignore_errors=True)


def rename_new(part: Path, target: Path) -> None:
    """Rename a folder to a place that is free or an empty folder; FileExistsError when another was faster."""
    try:
        os.replace(part, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error


def _put(part: Path, target: Path, kind: Kind) -> None:
    """Rename `part` to `target`; what is there goes first, also when another writer put it there meanwhile."""
    for _ in range(PUT_ATTEMPTS):
        if _same(part, target):
            return
        _refuse_foreign(target, kind)  # again: something may have been put there while the part was filled
        with suppress(FileNotFoundError):
            _remove(target)
        with suppress(FileExistsError):
            rename_new(part, target)
            return _sync_one(target.parent)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _same(part: Path, target: Path) -> bool:
    with suppress(FileNotFoundError):
        return (part / CHECKSUMS).read_bytes() == (target / CHECKSUMS).read_bytes()
    return False


def _remove(folder: Path) -> None:
    gone = part_of(folder)
    os.rename(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): file_digest(p) for p in files}


def _sync(folder: Path) -> None:
    """Bring every file and folder below to the disk, so that the rename never shows a hollow one."""
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
