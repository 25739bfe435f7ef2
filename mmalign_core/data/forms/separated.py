"""Lines of fields between `::`, bars or tabs without a header, as older data sets have them, in UTF-8 or Latin-1."""

from __future__ import annotations

from collections.abc import Iterator

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.tabular.table_files import open_table


def separated_lines(files: FolderFiles, name: str, mark: str) -> Iterator[list[str]]:
    """The fields of each line that is not blank; a line that is not UTF-8 is read as Latin-1."""
    with open_table(files.path(name)) as file:
        for raw in file:
            line = raw.rstrip(b"\r\n")
            if line.strip():
                yield _decoded(line).split(mark)


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("latin-1")
