"""Folders that are written whole or not at all, with checksums that are verified on reading."""

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
"""Attempts to rename when other writers write the same folder. Chosen: each failure means that another succeeded."""
ABANDONED_AFTER = 3600.0
"""Seconds after which an unfinished folder counts as abandoned. Chosen: longer than any write."""


def write_folder(target: Path, kind: Kind, fill: Callable[[Path], None]) -> Path:
    """Call `fill` on a new temporary folder, then rename it to `target`, replacing an earlier one of that kind.

    A killed writer leaves only a hidden sibling, which a later write removes. Raises BadInput if `target` holds
    anything that this program did not write, or cannot be written.
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
    """The absolute path. Raises BadInput if `write_folder` would refuse it; nothing is written."""
    target = target.absolute()
    if code := refusal(target):
        raise unwritable(target, os.strerror(code))
    _refuse_foreign(target, kind)
    return target


def _refuse_foreign(target: Path, kind: Kind) -> None:
    if foreign := foreign_entry(target, kind):
        what = f"its '{foreign}'" if foreign != target.name else "it"
        raise BadInput(
            f"'{target}' exists and holds something else; give a new folder: {what} is not as this program wrote it"
        )


def check_folder(folder: Path, cure: str) -> None:
    """Raise BadInput with the first file that is missing or differs from its checksum, and the cure."""
    try:
        expected = json.loads((folder / CHECKSUMS).read_text())
        differing = [name for name, digest in expected.items() if file_digest(folder / name) != digest]
    except (OSError, ValueError, AttributeError) as error:
        raise BadInput(f"'{folder}' is damaged ({error}); {cure}") from error
    if differing:
        raise BadInput(f"'{folder}' is damaged ({differing[0]} differs from its checksum); {cure}")


def remove_owned(folder: Path, kind: Kind) -> None:
    """Remove a folder of that kind. Raises BadInput if it holds anything that this program did not write."""
    if foreign := foreign_entry(folder, kind):
        raise BadInput(f"'{folder}' is not deleted: '{foreign}' is not as this program wrote it; delete it yourself")
    remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove the folder with everything in it: rename it first, so that it disappears at once."""
    try:
        _remove(folder)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error


def write_json(path: Path, value: Any) -> None:
    """Write JSON. NumPy numbers and arrays become plain values; other unknown types become their text."""
    path.write_text(json.dumps(value, default=plain))


def plain(value: Any) -> Any:
    """The JSON form of a value of a type that `json` does not know."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def key_name(key: str) -> str:
    """A file name for the key: readable, safe, and different for different keys."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '-', key)[:60]}-{digest_bytes(key.encode())[:8]}"


def part_of(target: Path) -> Path:
    """The path of a new hidden sibling of `target`, for temporary files. It does not exist yet."""
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}{PART}")


def clear_abandoned(parent: Path) -> None:
    """Remove the unfinished folders of killed writers from `parent`."""
    for path in parent.glob(f".*{PART}"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                shutil.rmtree(path, ignore_errors=True)


def rename_new(part: Path, target: Path) -> None:
    """Rename a folder to `target`, which must be absent or an empty folder; else raises FileExistsError."""
    try:
        os.replace(part, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error


def _put(part: Path, target: Path, kind: Kind) -> None:
    """Rename `part` to `target`. An existing folder is removed first, even a new one of another writer."""
    for _ in range(PUT_ATTEMPTS):
        if _same(part, target):
            return
        _refuse_foreign(target, kind)  # again, since other files may have appeared while `part` was written
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
    """Flush every file and folder below to disk, so that no empty file is visible after the rename."""
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
