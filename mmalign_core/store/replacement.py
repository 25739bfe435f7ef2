"""Replaced folders: of an earlier folder our files go, and what is somebody else's moves into the one that came after.

Whoever is killed on the way leaves a hidden sibling; the next start goes on from there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from mmalign_core.store.ownership import CHECKSUMS, MARKER, Found, kind_of, look
from mmalign_core.store.parts import OLD, READY, abandoned, remove_parts, siblings, target_of

_ROUNDS = 5
"""Times that an earlier folder is looked through. Chosen: a program that works in it may add files meanwhile."""
_log = logging.getLogger(__name__)


def recover(parent: Path) -> None:
    """Finish or take back what killed writers left in the folder `parent`, and remove their parts.

    What cannot be changed, as in a folder that is only read, stays.
    """
    for ending in (OLD, READY):
        for path in sorted(parent.glob(f".*{ending}")):
            with suppress(OSError), abandoned(path) as dead:
                if dead and (target := target_of(path)) is not None:
                    _finish(path, target, ending)
    remove_parts(parent)


def recover_folder(target: Path) -> None:
    """Finish or take back what a writer that was killed did to `target`. One that is only read stays."""
    for ending in (OLD, READY):
        for path in siblings(target, ending):
            with suppress(OSError), abandoned(path) as dead:
                if dead:
                    _finish(path, target, ending)


def settle(earlier: Path, target: Path, found: Found, dropped: Collection[str] = ()) -> None:
    """Move what is not ours of the folder `earlier` to the same names below `target`, and remove the rest.

    `found`: what lies in it. `dropped`: names of foreign files that are to be replaced: those go.
    """
    for _ in range(_ROUNDS):
        for name in found.foreign:
            _bring(earlier, target, name, dropped)
        _remove_own(earlier, found)
        if not earlier.exists():
            return
        found = look(earlier, kind_of(earlier))
    _log.warning("'%s' holds what could not be moved to '%s'; move it yourself", earlier, target)


def _finish(path: Path, target: Path, ending: str) -> None:
    if not os.path.lexists(target):
        if ending == OLD:
            os.rename(path, target)
            return
        found = look(path, kind_of(path))
        if found.foreign:
            _log.warning("'%s' holds files that belonged to '%s', which is gone; they stay there", path, target)
            return
        _remove_own(path, found)
        return
    settle(path, target, look(path, kind_of(path)))


def _bring(earlier: Path, target: Path, first: str, dropped: Collection[str]) -> None:
    """Move one entry. Folders that both have are merged; a file of another content keeps another name."""
    waiting, merged = [first], list[Path]()
    while waiting:
        name = waiting.pop()
        source, place = earlier / name, target / name
        try:
            if os.path.lexists(place):
                if _is_folder(source) and _is_folder(place):
                    merged.append(source)
                    waiting += [f"{name}/{entry}" for entry in os.listdir(source)]
                    continue
                if name in dropped:
                    source.unlink()
                    continue
                place = place.with_name(f"{place.name}.earlier-{uuid4().hex[:8]}")
            place.parent.mkdir(parents=True, exist_ok=True)
            os.rename(source, place)
        except OSError as error:
            _log.warning("'%s' stays there: %s", source, error)
    for folder in reversed(merged):
        with suppress(OSError):
            folder.rmdir()


def _remove_own(folder: Path, found: Found) -> None:
    """Remove our files, the list of them last, so that whoever is killed here leaves what tells them from others."""
    for name in [*sorted(found.own - {MARKER, CHECKSUMS}), *sorted(found.own & {MARKER, CHECKSUMS}, reverse=True)]:
        (folder / name).unlink(missing_ok=True)
    below = {"."} | {str(parent) for name in found.own for parent in Path(name).parents}
    for name in sorted(below, reverse=True):
        with suppress(OSError):
            (folder / name).rmdir()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
