"""Media in the cells of a table: each entry of a cell as the record of a file or a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmalign_core.data.files import check_size, differs_in_case
from mmalign_core.data.media.references import file_media, text_media
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.rows import File, Problem, as_reference
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, digest_bytes

Find = Callable[[str], Path]
"""A function that turns a file reference into a path. It raises BadInput if no file may be read under that name."""


@dataclass(frozen=True)
class MediaCells:
    """Reads entries of cells; `find` gives the path of a reference, `glance`: files are not opened, for a preview.

    `otherwise` takes each reference whose file is named in another case, with that name.
    """

    settings: Settings
    find: Find
    glance: bool
    otherwise: dict[str, str]

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
        return file_media(id, modality, self._found(reference), reference, self.settings)

    def _found(self, reference: str) -> Path:
        path = self.find(reference)
        if differs_in_case(reference, path):
            self.otherwise[reference] = path.name
        return path

    def _glanced(self, id: str, modality: str, entry: Any) -> Media:
        """The record of a file that is there and not empty; its digest is that of its path."""
        path = entry.path if isinstance(entry, File) else self._found(as_reference(entry))
        name = entry.name if isinstance(entry, File) else str(entry)
        if not path.is_file():
            raise BadInput(f"'{shown(name)}' is missing or not a file; correct the path")
        check_size(path.stat().st_size, f"'{shown(name)}'", self.settings)
        return Media(id, modality, digest_bytes(str(path).encode("utf-8", "surrogateescape")), path=str(path))


def text_name(id: str) -> str:
    """What messages call the text of an item."""
    return f"the text of '{shown(id)}'"


def _number_as_text(entry: Any) -> str:
    if isinstance(entry, bool) or not isinstance(entry, (int, float)):
        raise BadInput("the text is not text; write a string or a list of strings")
    return str(entry)
