"""Tables from .csv, .tsv, .jsonl and .parquet files: columns of cells, and the lines that cannot be used."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from mmalign_core.data.formats import table_ending
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.budgets import check_bytes
from mmalign_core.data.tabular.cells import Cells, Line, as_list
from mmalign_core.data.tabular.csv_files import read_delimited
from mmalign_core.data.tabular.decoded_size import check_parquet
from mmalign_core.data.tabular.json_lines import read_json
from mmalign_core.data.tabular.table_files import UNREADABLE
from mmalign_core.types import BadInput


@dataclass(frozen=True)
class Table:
    """Columns in order of appearance with their cells, and every line that is not blank.

    `cells`: column -> its cells (n,), an Arrow column or a list; `numbers` (n,): the number of each line in the file,
    from 1; `problems`: place -> the line there, if it cannot be used; `plain`: all cells are text, as in CSV;
    `settled`: the columns have the names of their roles already; `names`: the first place of each file's lines, and the
    file's name, where several were read.
    """

    columns: tuple[str, ...]
    cells: Mapping[str, Cells]
    numbers: Sequence[int]
    problems: Mapping[int, Line] = field(default_factory=dict)
    plain: bool = False
    settled: bool = False
    names: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, place: int, source: str) -> str:
        """What messages call a line, such as 'manifest.csv, line 3'; `source`: the only file's name."""
        if self.names:
            source = self.names[bisect_right([first for first, _ in self.names], place) - 1][1]
        return f"{shown(source)}, line {self.numbers[place]}"

    @property
    def lines(self) -> Iterator[Line]:
        """The lines one by one, for tables of which each line is looked at."""
        columns = [as_list(self.cells[name]) for name in self.columns]
        rows = zip(*columns) if columns else iter([()] * len(self))
        for place, (number, values) in enumerate(zip(self.numbers, rows)):
            yield self.problems.get(place) or Line(number, dict(zip(self.columns, values)))


def table_of_lines(columns: Iterable[str], lines: Sequence[Line], *, plain: bool = False) -> Table:
    """The table of these lines; a line without a column's value has None there."""
    names = tuple(columns)
    cells: dict[str, Cells] = {name: [line.values.get(name) for line in lines] for name in names}
    problems = {place: line for place, line in enumerate(lines) if line.problem}
    return Table(names, cells, [line.number for line in lines], problems, plain)


def read_table(path: Path, name: str = "", most: int | None = None, *, events: bool = False) -> Table:
    """The table in a .csv, .tsv, .jsonl, .json or .parquet file; messages call it `name`, or else by its own name.

    All but Parquet may be gzipped. `most`: rows that are read, None for all; `events`: it holds interactions, of which
    more rows are allowed than of items. A line that cannot be parsed keeps its place in `Table.problems`. Raises
    BadInput if the file has another extension, cannot be read or parsed as a whole, has two columns of one name, holds
    no rows, or is beyond the limits of the settings.
    """
    ending = table_ending(path.name) or table_ending(name)
    name = f"'{shown(name or path.name)}'"
    if not ending:
        raise BadInput(f"{name} is not a table; give a .csv, .tsv, .jsonl, .json or .parquet file")
    try:
        check_bytes(path.stat().st_size, path.stat().st_size, name)
        table = _READERS[ending](path, name, most, events)
    except BadInput:
        raise
    except UNREADABLE as error:
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"{name} cannot be read: {why}") from error
    if not len(table):
        raise BadInput(f"{name} holds no rows; write one row for each item")
    return table


def _read_csv(path: Path, name: str, most: int | None, events: bool) -> Table:
    columns, cells, numbers, problems = read_delimited(path, name, most, events=events)
    return Table(columns, cells, numbers, problems, plain=True)


def _read_parquet(path: Path, name: str, most: int | None, events: bool) -> Table:
    import pyarrow.parquet as pq

    try:
        check_parquet(path, name, events=events)
        with pq.ParquetFile(path) as file:
            table = file.read() if most is None else _head(file, most)
        table.validate(full=True)
        columns = [str(c).strip() for c in table.column_names]
    except BadInput:
        raise
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise BadInput(f"{name} is not a readable Parquet file; write it again") from error
    kept: dict[str, Cells] = {}
    for place, column in enumerate(columns):
        if column and column not in kept and not column.startswith("__index_level_"):
            kept[column] = table.column(place)
    return Table(tuple(kept), kept, range(1, table.num_rows + 1 if kept else 1))


def _head(file: Any, most: int) -> Any:
    batch = next(file.iter_batches(batch_size=most, use_threads=False), None)
    return file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])


def _read_json(path: Path, name: str, most: int | None, events: bool) -> Table:
    columns, lines = read_json(path, name, most, events=events)
    return table_of_lines(columns, lines)


_READERS = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".jsonl": _read_json,
    ".ndjson": _read_json,
    ".json": _read_json,
    ".parquet": _read_parquet,
}
