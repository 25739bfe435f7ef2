"""Parts: unfinished files and folders, hidden beside what they become, held by their writer, gone once it is dead."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from mmalign_core.store.locks import held, hold_open

PART = ".mmalign-part"
"""Ending of what is being written. It holds nothing of the user's."""
READY = ".mmalign-ready"
"""Ending of a folder that is whole and takes the place of another: after the exchange it is that earlier folder."""
OLD = ".mmalign-old"
"""Ending of an earlier folder, for the moment in which the new one takes its name, where both cannot be exchanged."""
_NAME = re.compile(
    rf"\.(?P<target>.+)\.[0-9a-f]{{8}}(?P<ending>{'|'.join(map(re.escape, (PART, READY, OLD)))})", re.DOTALL
)
_LONGEST = 180
"""Bytes of a name up to which it stands in its parts' names whole. Our choice: systems allow 255, endings take 24."""
_UNHELD_AFTER = 24 * 3600.0
"""Seconds after which a part counts as abandoned where the disk has no locks. Our choice: longer than any write."""
_TRIES = 100
"""Names tried for a new part. Chosen: a name fails only where a clearing process meets it before it is held."""


def sibling(target: Path, ending: str = PART) -> Path:
    """The path of a new hidden sibling of `target`. It does not exist yet."""
    return target.with_name(f".{_stem(target.name)}.{uuid.uuid4().hex[:8]}{ending}")


def siblings(target: Path, ending: str) -> list[Path]:
    """The siblings of `target` with that ending that are there."""
    matches = ((path, _NAME.fullmatch(path.name)) for path in target.parent.glob(f".*{ending}"))
    return [path for path, match in matches if match and match["target"] == _stem(target.name)]


def target_of(part: Path) -> Path | None:
    """What a sibling becomes; None if its name was too long to stand in the sibling's."""
    match = _NAME.fullmatch(part.name)
    return part.with_name(match["target"]) if match and not re.fullmatch(r"~[0-9a-f]{32}", match["target"]) else None


@contextmanager
def new_folder(target: Path, mode: int = 0o777) -> Iterator[Path]:
    """A new folder beside `target`, held until the block ends, and removed unless it was renamed.

    `mode`: its permissions, less those that the process takes from all.
    """
    for _ in range(_TRIES):
        part = sibling(target)
        part.mkdir(mode)
        with ExitStack() as stack:
            with suppress(FileNotFoundError):
                if stack.enter_context(held(part)) == "theirs":  # a process that clears met it first
                    continue
            if not part.is_dir():
                continue
            try:
                yield part
            finally:
                remove_tree(part)
            return
    raise FileExistsError(f"no part of '{target}' stays where it is made")


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """A new folder among the system's temporary files, for this user alone, which goes when the block ends.

    Those of writers that were killed meanwhile go first.
    """
    place = Path(tempfile.gettempdir())
    remove_parts(place)
    with new_folder(place / name, 0o700) as folder:
        yield folder


@contextmanager
def new_file(target: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file beside `target`, open and held until the block ends, and removed unless it was renamed."""
    for _ in range(_TRIES):
        part = sibling(target)
        with open(part, "x+b", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            if hold_open(file.fileno()) == "theirs" or not part.exists():
                continue
            try:
                yield part, file
            finally:
                part.unlink(missing_ok=True)
            return
    raise FileExistsError(f"no part of '{target}' stays where it is made")


@contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Whether the writer of a part is dead; the part is held by this block then. False too if it is gone, or a link."""
    with ExitStack() as stack:
        try:
            hold, written = stack.enter_context(held(path)), path.lstat().st_mtime
        except OSError:
            dead = False
        else:
            dead = hold == "ours" or (hold == "unknown" and time.time() - written > _UNHELD_AFTER)
        yield dead


def remove_parts(folder: Path, earlier: str = "") -> None:
    """Remove the parts of dead writers from the folder. `earlier`: a pattern of names that earlier versions gave them.

    What cannot be removed, as in a folder that is only read, stays.
    """
    for path in _listed(folder):
        part = path.name.startswith(".") and path.name.endswith(PART)
        if part or (earlier and re.fullmatch(earlier, path.name)):
            with suppress(OSError), abandoned(path) as dead:
                if dead:
                    remove_tree(path)


def remove_tree(path: Path) -> None:
    """Remove a file or a folder of any depth; links in it are removed, never followed. What cannot go stays."""
    folders, seen = [path], list[Path]()
    while folders:
        folder = folders.pop()
        if not _is_folder(folder):
            with suppress(OSError):
                folder.unlink(missing_ok=True)
            continue
        seen.append(folder)
        folders += _listed(folder)
    for folder in reversed(seen):
        with suppress(OSError):
            folder.rmdir()


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _listed(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder)]
    except OSError:
        return []


def _stem(name: str) -> str:
    """The name itself; of a long one a digest, which begins with "~"."""
    raw = os.fsencode(name)
    return name if len(raw) <= _LONGEST else f"~{hashlib.blake2b(raw, digest_size=16).hexdigest()}"
