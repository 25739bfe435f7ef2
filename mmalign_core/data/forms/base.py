"""A recognised form of data: its items and interactions as tables, and what of its files was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.tabular.cells import Cells
from mmalign_core.data.tabular.table_files import UNREADABLE, open_table
from mmalign_core.data.tabular.tables import Table
from mmalign_core.types import BadInput

Lines = Iterable[Mapping[str, Any]]
"""Lines as objects: column -> value."""


@dataclass(frozen=True)
class Form:
    """Data that were recognised.

    `words`: what people call the form; `items`: a table whose columns are called by their roles, or None; `table`: the
    file that names the items; `users`: the table of interactions, or None; `likes`: its file; `used`: all files that
    were read; `arrays`: names of arrays in the order of the items, modality -> file names; `broken`: (file, why a line
    of it cannot be used).
    """

    words: str
    items: Table | None
    table: str = ""
    users: Table | None = None
    likes: str = ""
    used: Sequence[str] = ()
    arrays: Mapping[str, Sequence[str]] = field(default_factory=dict)
    broken: Sequence[tuple[str, str]] = ()

    @property
    def note(self) -> str:
        """The sentence that names it in the report."""
        parts = [f"items from '{self.table}'"] if self.items is not None else []
        parts += [f"interactions from '{self.likes}'"] if self.users is not None else []
        return f"recognised as {self.words}: {', '.join(parts)}"


def settled_table(cells: Mapping[str, Cells], count: int) -> Table:
    """The table of `count` lines whose columns are called by their roles; columns without any value are left out."""
    kept = {name: held for name, held in cells.items() if any(value is not None and value != [] for value in held)}
    return Table(tuple(kept), kept, range(1, count + 1), settled=True)


def broken_lines(table: Table, name: str) -> list[str]:
    """Why each line that cannot be used cannot; `name`: what messages call the table."""
    return [f"{table.where(place, name)} {line.problem}" for place, line in table.problems.items()]


def table_of_objects(lines: Lines) -> Table:
    """The table of objects, in the order in which their columns appear."""
    held = list(lines)
    columns = tuple(dict.fromkeys(column for line in held for column in line))
    cells = {column: [line.get(column) for line in held] for column in columns}
    return settled_table(cells, len(held))


def grouped(lines: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Key -> one object of its lines: texts are gathered in a list, of other values the first counts."""
    found: dict[str, dict[str, Any]] = {}
    for key, line in lines:
        own = found.setdefault(key, {"text": []})
        own["text"].extend([line["text"]] if isinstance(line.get("text"), str) else line.get("text", []))
        for column, value in line.items():
            if column != "text":
                own.setdefault(column, value)
    return found


def base_name(name: str) -> str:
    """The file name in lower case, without folders and .gz."""
    return PurePosixPath(name).name.lower().removesuffix(".gz")


def named(names: Sequence[str], *wanted: str) -> str:
    """The first of the names that is called as one of these, in any folder; '' without one."""
    return next((name for want in wanted for name in names if base_name(name) == want), "")


def head_of(files: FolderFiles, name: str, size: int = 4096) -> bytes:
    """The first bytes of a file, unpacked if it is gzipped; b'' if it cannot be read."""
    try:
        with open_table(files.path(name)) as file:
            return file.read(size)
    except (*UNREADABLE, BadInput):
        return b""


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
