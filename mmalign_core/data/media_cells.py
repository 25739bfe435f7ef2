"""Media in the cells of a table: each entry of a cell as the record of a file or a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from mmalign_core.data.files import check_size, differs_in_case
from mmalign_core.data.formats import EXTENSIONS, modality_of
from mmalign_core.data.media.references import file_media, text_media
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.rows import File, Problem, as_reference
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, digest_bytes

Find = Callable[[str], Path]
"""A function that turns a file reference into a path. It raises BadInput if no file may be read under that name."""
_MARKS = ("\n", ";", "|", ",")
"""What stands between several files in one cell, as exports of shops write them."""
_TRIED = 100
"""Files that are not there from which no other ending is tried; our choice: so many lack for another reason."""


@dataclass(frozen=True)
class MediaCells:
    """Reads entries of cells; `find` gives the path of a reference, `glance`: files are not opened, for a preview.

    `otherwise` takes each reference whose file is named in another case, with that name.
    """

    settings: Settings
    find: Find
    glance: bool
    otherwise: dict[str, str]
    _misses: list[str] = field(default_factory=list)

    def entries(self, modality: str, held: Sequence[Any]) -> list[Any]:
        """The entries of a cell, where one that names several files (`a.jpg;b.jpg`) is told apart."""
        return list(held) if modality == "text" else [part for entry in held for part in self._apart(entry)]

    def _apart(self, entry: Any) -> list[Any]:
        if not isinstance(entry, str) or not any(mark in entry for mark in _MARKS):
            return [entry]
        apart = ([part.strip() for part in entry.split(mark) if part.strip()] for mark in _MARKS)
        files = next((parts for parts in apart if len(parts) > 1 and all(map(_is_file_name, parts))), None)
        return [entry] if files is None or self._is_there(entry) else files

    def _is_there(self, entry: str) -> bool:
        try:
            return bool(self.find(entry.strip()))
        except BadInput:
            return False

    def medium(self, id: str, modality: str, entry: Any) -> Media:
        """The record of an entry of the item `id`; raises BadInput if it cannot be used."""
        if isinstance(entry, Problem):
            raise BadInput(entry.reason)
        if self.glance and modality != "text":
            return self._glanced(id, modality, entry)
        if isinstance(entry, File):
            return file_media(id, modality, entry.path, entry.name, self.settings)
        if modality == "text":
            text = entry if isinstance(entry, str) else _number_as_text(entry)
            return text_media(id, text, text_name(id), self.settings)
        reference = as_reference(entry)
        return file_media(id, modality, self._found(reference, modality), reference, self.settings)

    def _found(self, reference: str, modality: str) -> Path:
        """The file of a reference; also one that is written with %20, or whose file has another ending."""
        try:
            path = self.find(reference)
        except BadInput:
            other = next((one for one in self._spellings(reference, modality) if self._is_there(one)), None)
            if other is None:
                self._misses.append(reference)
                raise
            path = self.find(other)
            self.otherwise[reference] = path.name
        if differs_in_case(reference, path):
            self.otherwise[reference] = path.name
        return path

    def _spellings(self, reference: str, modality: str) -> Iterator[str]:
        if "%" in reference:
            yield unquote(reference)
        stem, mark, ending = reference.rpartition(".")
        if mark and f".{ending.lower()}" in EXTENSIONS[modality] and len(self._misses) < _TRIED:
            yield from (f"{stem}{other}" for other in EXTENSIONS[modality] if other != f".{ending}")

    def _glanced(self, id: str, modality: str, entry: Any) -> Media:
        """The record of a file that is there and not empty; its digest is that of its path."""
        path = entry.path if isinstance(entry, File) else self._found(as_reference(entry), modality)
        name = entry.name if isinstance(entry, File) else str(entry)
        if not path.is_file():
            raise BadInput(f"'{shown(name)}' is missing or not a file; correct the path")
        check_size(path.stat().st_size, f"'{shown(name)}'", self.settings)
        return Media(id, modality, digest_bytes(str(path).encode("utf-8", "surrogateescape")), path=str(path))


def _is_file_name(part: str) -> bool:
    return modality_of(part) not in (None, "text") and bool(PurePosixPath(part).stem.strip())


def text_name(id: str) -> str:
    """What messages call the text of an item."""
    return f"the text of '{shown(id)}'"


def _number_as_text(entry: Any) -> str:
    if isinstance(entry, bool) or not isinstance(entry, (int, float)):
        raise BadInput("the text is not text; write a string or a list of strings")
    return str(entry)
