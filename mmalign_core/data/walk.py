"""Walk of a folder of any depth: no call a level, and a folder that cannot be listed does not end it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

Told = Callable[[str, OSError], None]
"""Called with a folder that cannot be listed, and why."""


def walk_folders(root: str | os.PathLike[str], told: Told | None = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (folder, its folders, its files) from `root` down, as `os.walk` does; no link to a folder is followed.

    The caller may take folders out of the list, which are then not walked. `os.walk` calls itself for each level
    before Python 3.12. A folder that cannot be listed, for its rights or the length of its path, is `told` of.
    """
    waiting = [os.fspath(root)]
    while waiting:
        folder = waiting.pop()
        folders, files = _listed(folder, told)
        yield folder, folders, files
        below = (os.path.join(folder, name) for name in reversed(folders))
        waiting.extend(path for path in below if not os.path.islink(path))


def _listed(folder: str, told: Told | None) -> tuple[list[str], list[str]]:
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (folders if _is_folder(entry) else files).append(entry.name)
    except OSError as error:
        if told is not None:
            told(folder, error)
    return folders, files


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
