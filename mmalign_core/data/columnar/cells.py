"""Columns of Arrow as Python values: lists of numbers as arrays, embedded files kept under the store."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import numpy as np

from mmalign_core.data.columnar.features import Feature, bare, is_list
from mmalign_core.data.files import check_size, spool
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.rows import File, Problem
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput


def plain_cells(array: Any) -> list[Any]:
    """A column as Python values; flat lists of real numbers stay arrays, which is many times faster."""
    import pyarrow as pa

    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    array = array.storage if isinstance(array, pa.ExtensionArray) else array
    if is_list(array.type) and pa.types.is_floating(array.type.value_type):
        return _rows_of_numbers(array)
    return array.to_pylist()


def _rows_of_numbers(array: Any) -> list[np.ndarray | None]:
    """The lists as slices of one array; a missing number is NaN, a missing list None."""
    import pyarrow as pa

    if pa.types.is_fixed_size_list(array.type):
        width = array.type.list_size
        values = array.values.slice(array.offset * width, len(array) * width).to_numpy(zero_copy_only=False)
        starts = np.arange(len(array) + 1) * width
    else:
        values = array.values.to_numpy(zero_copy_only=False)
        starts = array.offsets.to_numpy()
    present = array.is_valid().to_numpy(zero_copy_only=False)
    return [values[a:b] if there else None for a, b, there in zip(starts[:-1], starts[1:], present)]


def label_cells(array: Any, feature: Feature) -> list[Any]:
    """Numbers of classes as their names; one beyond the names stays a number, -1 (unknown) is missing."""
    names, values = feature.labels, array.to_pylist()
    if is_list(bare(array.type)):
        return [None if v is None else [_label(x, names) for x in v] for v in values]
    return [_label(v, names) for v in values]


def _label(value: Any, names: tuple[str, ...]) -> Any:
    if value is None or value == -1:
        return None
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value


class Keeper:
    """Keeps the files that cells hold, within the limits for archives."""

    def __init__(self, settings: Settings, source: str) -> None:
        self._settings, self._source = settings, source
        self._bytes = self._files = 0

    def check_total(self, size: int) -> None:
        """BadInput when files of so many bytes are more than an archive may hold: known before any is read."""
        if size > self._settings.max_archive_bytes:
            raise self._too_much()

    def media_cells(self, array: Any, column: str, first_row: int) -> list[Any]:
        """Each cell's files, or path, or list of these; a file that cannot be kept is a `Problem`.

        Raises BadInput when all files together are more than an archive may hold.
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
        """A path without bytes leads to a file below the folder, never elsewhere on this machine."""
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
