"""Folders that are written whole or not at all, with checksums that are verified on reading."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from mmalign_core.store.errors import make_folder, refusal, system_code, unwritable
from mmalign_core.store.exchanges import exchange, rename_new, sync, sync_tree
from mmalign_core.store.locks import held, turn
from mmalign_core.store.ownership import CHECKSUMS, Found, Kind, file_digest, foreign_entry, look, mark
from mmalign_core.store.parts import OLD, READY, new_folder, remove_tree, sibling
from mmalign_core.store.replacement import recover, settle
from mmalign_core.types import BadInput, digest_bytes

PUT_ATTEMPTS = 10
"""Attempts to rename when other writers write the same folder. Chosen: each failure means that another succeeded."""


def write_folder(target: Path, kind: Kind, fill: Callable[[Path], None], force: bool = False) -> Path:
    """Call `fill` on a new temporary folder, then let it take the name `target`; returns the folder.

    An earlier folder of that kind is replaced in one step: of its files those that we wrote go, and everything else in
    it stays where it was. A link to a folder is followed. A killed writer leaves the old or the new folder, and hidden
    siblings, which the next start removes. Raises BadInput if `target` is not a folder that we made, or files of ours
    in it were changed, unless `force` is set; or if it cannot be written.
    """
    target = check_place(target, kind, force)
    parent = make_folder(target.parent)
    try:
        recover(parent)
        with new_folder(target) as part:
            mark(part, kind)
            fill(part)
            write_json(part / CHECKSUMS, _checksums(part))
            sync_tree(part)
            _put(part, target, kind, force)
    except Exception as error:
        if isinstance(error, BadInput) or not system_code(error):
            raise
        raise unwritable(target, os.strerror(system_code(error))) from error
    return target


def check_place(target: Path, kind: Kind, force: bool = False) -> Path:
    """The absolute path, behind a link to a folder. Raises BadInput if `write_folder` would refuse it; nothing is
    written."""
    target = target.absolute()
    if target.is_symlink() and target.is_dir():
        target = Path(os.path.realpath(target))
    if code := refusal(target):
        raise unwritable(target, os.strerror(code))
    _refuse_foreign(target, kind, force)
    if os.path.ismount(target):
        raise BadInput(f"'{target}' is the root of a disk, which no folder can replace; give a folder below it")
    return target


def _refuse_foreign(target: Path, kind: Kind, force: bool, names: Collection[str] = ()) -> Found:
    """What lies at `target`. BadInput if it is not a folder to be replaced by one that holds files of those `names`."""
    found = look(target, kind)
    if os.path.lexists(target) and (target.is_symlink() or not target.is_dir()):
        force = False  # a file of somebody else is no folder, whatever is asked
    taken = next((name for name in found.foreign if name in names), "")
    if force or (found.ours and not found.changed and not taken):
        return found
    entry = found.first if not found.ours or found.changed else taken
    what = f"its '{entry}'" if entry else "it"
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


def _put(part: Path, target: Path, kind: Kind, force: bool) -> None:
    """Give `part` the name `target`, also where another writer has just made a new folder there."""
    names = {path.relative_to(part).as_posix() for path in part.rglob("*") if not path.is_dir()}
    with turn(target.parent):
        for _ in range(PUT_ATTEMPTS):
            with suppress(FileExistsError):
                rename_new(part, target)
                return sync(target.parent)
            if _same(part, target):
                return
            found = _refuse_foreign(target, kind, force, names)  # again: files may have appeared meanwhile
            if _replace(part, target, found, names if force else ()):
                return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _replace(part: Path, target: Path, found: Found, names: Collection[str]) -> bool:
    """Exchange `part` with the earlier folder, then move what is not ours of that into the new one. False if another
    writer removed the earlier one meanwhile."""
    earlier = sibling(target, READY)
    with ExitStack() as stack:
        try:
            _take_over(target.stat(), part)
            stack.enter_context(held(target))
            os.rename(part, earlier)
            exchange(earlier, target, sibling(target, OLD))
        except FileNotFoundError:
            with suppress(FileNotFoundError):
                os.rename(earlier, part)
            return False
        except OSError:
            remove_tree(earlier)
            raise
        sync(target.parent)
        settle(earlier, target, found, names)
    return True


def _take_over(earlier: os.stat_result, part: Path) -> None:
    """Give the new folder the permissions of the earlier one, and its owner where that may be."""
    os.chmod(part, stat.S_IMODE(earlier.st_mode))
    if hasattr(os, "chown") and (part.stat().st_uid, part.stat().st_gid) != (earlier.st_uid, earlier.st_gid):
        with suppress(PermissionError):
            os.chown(part, earlier.st_uid, earlier.st_gid)


def _same(part: Path, target: Path) -> bool:
    with suppress(FileNotFoundError):
        return (part / CHECKSUMS).read_bytes() == (target / CHECKSUMS).read_bytes()
    return False


def _remove(folder: Path) -> None:
    gone = sibling(folder)
    os.rename(folder, gone)
    remove_tree(gone)


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): file_digest(p) for p in files}
