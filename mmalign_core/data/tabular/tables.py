"""Tables from .csv, .tsv, .jsonl and .parquet files: columns of cells, and the lines that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from mmalign_core.data.media.references import guess_encoding
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.budgets import check_bytes, check_columns, check_rows
from mmalign_core.data.tabular.cells import Cells, Line, as_list
from mmalign_core.data.tabular.decoded_size import check_parquet
from mmalign_core.data.tabular.delimited import read_delimited
from mmalign_core.data.tabular.rows import named_values
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput


@dataclass(frozen=True)
class Table:
    """Columns in order of appearance with their cells, and every line that is not blank.

    `cells`: column -> its cells (n,), an Arrow column or a list; `numbers` (n,): the number of each line in the file,
    from 1; `problems`: place -> the line there, if it cannot be used; `plain`: all cells are text, as in CSV.
    """

    columns: tuple[str, ...]
    cells: Mapping[str, Cells]
    numbers: Sequence[int]
    problems: Mapping[int, Line] = field(default_factory=dict)
    plain: bool = False

    def __len__(self) -> int:
        return len(self.numbers)

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


def read_table(path: Path, name: str = "", *, events: bool = False) -> Table:
    """The table in a .csv, .tsv, .jsonl or .parquet file; messages call the file `name`, or else by its own name.

    `events`: it holds interactions, of which more rows are allowed than of items.
    A line that cannot be parsed keeps its place in `Table.problems`. Raises BadInput if the file has another extension,
    cannot be read or parsed as a whole, has two columns of one name, or holds no rows.
    """
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    name = f"'{shown(name or path.name)}'"
    if path.suffix.lower() not in readers:
        raise BadInput(f"{name} is not a table; give a .csv, .tsv, .jsonl or .parquet file")
    try:
        check_bytes(path.stat().st_size, path.stat().st_size, name)
        table = readers[path.suffix.lower()](path, name, events)
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror or error}") from error
    if not len(table):
        raise BadInput(f"{name} holds no rows; write one row for each item")
    return table


def _read_csv(path: Path, name: str, events: bool) -> Table:
    columns, cells, numbers, problems = read_delimited(path, name, events=events)
    return Table(columns, cells, numbers, problems, plain=True)


def _read_jsonl(path: Path, name: str, events: bool) -> Table:
    columns: dict[str, None] = {}
    lines: list[Line] = []
    settings = Settings()
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            line = _json_line(number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)
            if line is not None:
                lines.append(line)
                columns.update(dict.fromkeys(line.values))
                check_columns(len(columns), name, settings)
                check_rows(len(lines), name, settings, events=events)
    return table_of_lines(columns, lines)


def _json_line(number: int, raw: bytes) -> Line | None:
    if not raw.strip():
        return None
    try:
        values = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Line(number, {}, f"is not UTF-8 (it looks like {guess_encoding(raw)}); save it as UTF-8")
    except (ValueError, RecursionError):
        return Line(number, {}, "is not JSON; write one object in braces on each line")
    if not isinstance(values, dict):
        return Line(number, {}, "is not a JSON object; write one object in braces on each line")
    return Line(number, named_values(values))


def _read_parquet(path: Path, name: str, events: bool) -> Table:
    import pyarrow.parquet as pq

    try:
        check_parquet(path, name, events=events)
        table = pq.ParquetFile(path).read()
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
