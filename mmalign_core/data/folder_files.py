"""Files of a folder: found by the references in its tables, and counted where nothing uses them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

from mmalign_core.data.draft import Draft
from mmalign_core.data.files import find_below, find_listed
from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import is_about, is_system_file, natural_key
from mmalign_core.data.unused_files import why_left
from mmalign_core.data.walk import walk_folders
from mmalign_core.types import BadInput

_OWN = ("demo.json", "mmalign.json")
"""What MMAlign itself writes beside the collections and runs that it made."""


class FolderFiles:
    """The files below `root`, and which of them are used. `absolute`: tables may name absolute paths.

    Or those of a `listing`, relative name -> path, as uploads give it.
    """

    def __init__(self, root: Path | None, *, absolute: bool = False, listing: Mapping[str, Path] | None = None) -> None:
        self.root, self._absolute, self._listing = root, absolute, listing
        self.used: set[str] = set()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Relative names of all files, in natural order, without those of operating systems. No link is followed."""
        names = _walk(os.fspath(self.root)) if self.root is not None else (self._listing or {})
        return tuple(sorted(names, key=natural_key))

    @cached_property
    def has_media(self) -> bool:
        """Whether a text, picture, sound or video is among the files, not counting those about the collection."""
        return any(modality_of(name) and not is_about(name) for name in self.names)

    @property
    def top(self) -> dict[str, Path]:
        """Name -> path of the files that lie in no folder, without links that lead out."""
        names = [name for name in self.names if "/" not in name]
        if self.root is None:
            return {name: self.path(name) for name in names}
        inside = self.root.resolve()
        paths = {name: self.path(name) for name in names}
        return {n: p for n, p in paths.items() if p.is_file() and p.resolve().is_relative_to(inside)}

    def path(self, name: str) -> Path:
        """The path of one of the files, by its relative name."""
        return self.root / name if self.root is not None else (self._listing or {})[name]

    def use(self, *names: str) -> None:
        """Count files as used."""
        self.used.update(names)

    def use_below(self, folders: Iterable[Path]) -> None:
        """Count all files in these folders as used, as the parts of one table."""
        for folder in folders:
            inside = os.path.relpath(folder, self.root).replace(os.sep, "/")
            prefix = "" if inside == "." else f"{inside}/"
            self.use(*(name for name in self.names if name.startswith(prefix)))

    def find(self, reference: str) -> Path:
        """The path of the file that a table calls `reference`, which then counts as used."""
        name, path = self.locate(reference)
        if name:
            self.use(name)
        return path

    def locate(self, reference: str) -> tuple[str, Path]:
        """The relative name and the path of the file that a table calls `reference`; the name is '' elsewhere.

        A path below the folder comes first. Else a bare name may be that of the only such file in any folder, and a
        path one whose last two parts are those of only one, in another case if need be. Raises BadInput if there is
        none, or it leaves the folder.
        """
        try:
            return self._exact(reference)
        except BadInput:
            tail = _tail(reference.replace("\\", "/"))
            others = self._by_tail.get(tail, ()) or self._by_lower_tail.get(tail.lower(), ())
            if len(others) != 1:
                raise
            return self._exact(others[0])

    def _exact(self, reference: str) -> tuple[str, Path]:
        if self.root is None:
            path = find_listed(self._listing or {}, reference)
            return self._by_path[path], path
        path = find_below(self.root, reference, absolute=self._absolute)
        name = os.path.relpath(path, self.root).replace(os.sep, "/")
        return ("" if name.startswith("../") else name), path

    def below(self, folder: str, reference: str) -> str:
        """A reference of a table in the sub-folder, seen from the root where it names a file there."""
        joined = posixpath.normpath(f"{folder}/{reference}") if folder else reference
        known = joined in self._known if self.root is None else os.path.exists(self.root / joined)
        return joined if folder and known else reference

    def report_unused(self, draft: Draft, table: str = "") -> None:
        """Report every file that is not used; `table`: what names the files that are."""
        for name in self.names:
            if name not in self.used and name not in _OWN:
                draft.skip(name, modality_of(name) or "", why_left(name, table), name)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def _by_path(self) -> dict[Path, str]:
        return {path: name for name, path in (self._listing or {}).items()}

    @cached_property
    def _by_tail(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.names:
            for tail in {PurePosixPath(name).name, _tail(name)}:
                found.setdefault(tail, []).append(name)
        return found

    @cached_property
    def _by_lower_tail(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for tail, names in self._by_tail.items():
            found.setdefault(tail.lower(), []).extend(names)
        return found


def _tail(name: str) -> str:
    return "/".join(PurePosixPath(name).parts[-2:])


def _walk(root: str) -> Iterator[str]:
    for folder, folders, files in walk_folders(root):
        inside = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if inside == "." else f"{inside}/"
        folders[:] = sorted(f for f in folders if not is_system_file(f))
        yield from (f"{prefix}{name}" for name in files if not is_system_file(name))
