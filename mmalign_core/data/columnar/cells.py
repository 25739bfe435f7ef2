"""Cells of labels and of media: class numbers as names, embedded files copied into the store."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from mmalign_core.data.columnar.features import bare
from mmalign_core.data.files import check_size, spool
from mmalign_core.data.media.references import guess_encoding
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.cells import bare_cells, is_list, is_texts
from mmalign_core.data.tabular.contents import Feature
from mmalign_core.data.tabular.rows import File, Problem
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput


def label_cells(array: Any, feature: Feature) -> list[Any]:
    """The names of the classes in an Arrow column of class numbers or lists of them.

    A number without a name stays a number; -1, which `datasets` writes for unknown, is None.
    """
    names, values = feature.labels, array.to_pylist()
    if is_list(bare(array.type)):
        return [None if v is None else [_label(x, names) for x in v] for v in values]
    return [_label(v, names) for v in values]


def text_cells(array: Any, *, is_metadata: bool) -> Any:
    """The texts in an Arrow column of bytes. One that is not UTF-8 is a `Problem`, or mended where it is metadata."""
    texts = bare_cells(array)
    if is_texts(texts):
        return texts
    return [None if v is None else _decoded(v, is_metadata=is_metadata) for v in texts.to_pylist()]


def _decoded(value: bytes, *, is_metadata: bool) -> str | Problem:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        if is_metadata:
            return value.decode("utf-8", "replace")
        return Problem(f"the text is not UTF-8 (it looks like {guess_encoding(value)}); save it as UTF-8")


def _label(value: Any, names: tuple[str, ...]) -> Any:
    if value is None or value == -1:
        return None
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value


class EmbeddedFiles:
    """Copies the files in the cells of one table into the store, within the settings' limits for archives."""

    def __init__(self, settings: Settings, source: str) -> None:
        self._settings, self._source = settings, source
        self._bytes = self._files = 0

    def check_total(self, size: int) -> None:
        """Raises BadInput if files of `size` bytes in all exceed the limit; used before any is read."""
        if size > self._settings.max_archive_bytes:
            raise self._too_much()

    def media_cells(self, array: Any, column: str, first_row: int) -> list[Any]:
        """For each cell of an Arrow column of media: a `File`, a path, a list of these, or None.

        A file that cannot be stored becomes a `Problem`. `first_row`: number of the first row, for messages. Raises
        BadInput if the files of the table together exceed the limits.
        """
        return [self._cell(v.as_py(), f"{column} of row {n}") for n, v in enumerate(array, first_row)]

    def _cell(self, value: Any, label: str) -> Any:
        if isinstance(value, list):
            return [entry for v in value if (entry := self._cell(v, label)) is not None]
        if isinstance(value, bytes):
            return self._kept(value, "", label)
        if not isinstance(value, dict):
            return value
        content, path = value.get("bytes"), value.get("path")
        path = path if isinstance(path, str) else ""
        if content is not None:
            return self._kept(content, path, label)
        return self._path(path) if path else None

    def _path(self, path: str) -> str | Problem:
        """The path of a cell without bytes.

        A `Problem` if it is absolute, since it may only name a file below the folder.
        """
        if PurePosixPath(path.replace("\\", "/")).is_absolute() or path[1:2] == ":":
            return Problem(f"'{shown(path)}' leaves the folder and came without bytes; save the files with it")
        return path

    def _kept(self, content: bytes, path: str, label: str) -> File | Problem:
        name = PurePosixPath(path.replace("\\", "/")).name or label
        try:
            check_size(len(content), f"'{shown(name)}'", self._settings)
        except BadInput as error:
            return Problem(str(error))
        self._bytes += len(content)
        self._files += 1
        if self._bytes > self._settings.max_archive_bytes or self._files > self._settings.max_archive_files:
            raise self._too_much()
        return File(name, spool(content, PurePosixPath(name).suffix if path else "", self._settings))

    def _too_much(self) -> BadInput:
        most = f"{self._settings.max_archive_bytes:,} bytes or {self._settings.max_archive_files:,} files"
        return BadInput(
            f"'{shown(self._source)}' holds more than {most}; split it "
            "or raise MMALIGN_MAX_ARCHIVE_BYTES and MMALIGN_MAX_ARCHIVE_FILES"
        )
