"""Tables users bring (.csv .tsv .jsonl .parquet) as numbered lines; a line that cannot be read carries its problem."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmalign_core.data.media.texts import guess_encoding
from mmalign_core.data.names import is_unicode, shown
from mmalign_core.data.tabular.rows import named_values
from mmalign_core.types import BadInput

_MARK = "\x1e"
_END = f"\n{_MARK}"
"""Put after a CSV: if it does not come back as a line of its own, a quotation mark was left open."""


@dataclass(frozen=True)
class Line:
    """One line of a table: its values by column, or why it has none."""

    number: int
    values: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """Columns in order of appearance and every line; `plain` when cells are bare text (csv), not typed values."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    plain: bool = False


def read_table(path: Path, name: str = "") -> Table:
    """The table in a file; BadInput, which calls it `name`, if there is none in it. Blank lines are passed over."""
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    name = f"'{shown(name or path.name)}'"
    if path.suffix.lower() not in readers:
        raise BadInput(f"{name} is not a table; give a .csv, .tsv, .jsonl or .parquet file")
    try:
        table = readers[path.suffix.lower()](path, name)
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror or error}") from error
    if not table.lines:
        raise BadInput(f"{name} holds no rows; write one row for each item")
    return table


def _read_csv(path: Path, name: str) -> Table:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4096]:
        raise BadInput(f"{name} is not UTF-8 (it looks like {guess_encoding(content)}); save it as UTF-8")
    text = content.decode("utf-8-sig", errors="surrogateescape")
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text + _END, newline=""), delimiter=_delimiter(text))
    try:
        header = next((cells for cells in reader if any(c.strip() for c in cells)), [])
        columns = _csv_columns(header, content, name)
        lines = list(_csv_lines(reader, columns))
    except csv.Error as error:
        raise BadInput(f"{name}, line {reader.line_num}, is not CSV ({error}); save the table again") from error
    return Table(tuple(c for c in columns if c), tuple(lines), plain=True)


def _csv_columns(header: list[str], content: bytes, name: str) -> list[str]:
    columns = [cell.strip() for cell in header]
    named = [c for c in columns if c]
    twice = next((c for c in named if named.count(c) > 1), None)
    if twice is not None:
        raise BadInput(f"{name} has two columns called '{shown(twice)}'; rename one")
    if not all(map(is_unicode, named)):
        raise BadInput(f"{name} is not UTF-8 (it looks like {guess_encoding(content)}); save it as UTF-8")
    return columns


def _csv_lines(reader: Any, columns: list[str]) -> Iterable[Line]:
    """The records after the header, numbered by the line of the file on which they begin."""
    named = [c for c in columns if c]
    number = reader.line_num + 1
    for cells in reader:
        start, number = number, reader.line_num + 1
        whole = "".join(cells)
        if whole == _MARK or not whole.strip():
            continue
        values = dict.fromkeys(named, "") | {c: v for c, v in zip(columns, cells) if c}
        if _MARK in cells[-1]:
            yield Line(start, {}, "opens a quotation mark that is never closed; close it")
        elif len(cells) > len(columns) and "".join(cells[len(columns) :]).strip():
            problem = f"has {len(cells)} cells for {len(columns)} columns; quote cells with commas"
            yield Line(start, {}, problem)
        elif not is_unicode(whole):
            guess = guess_encoding(whole.encode("utf-8", "surrogateescape"))
            yield Line(start, values, f"is not UTF-8 (it looks like {guess}); save it as UTF-8")
        else:
            yield Line(start, values)


def _delimiter(text: str) -> str:
    """The comma unless the header clearly uses semicolons or tabs."""
    header = text.lstrip().split("\n", 1)[0]
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=lambda mark: (bare.count(mark), mark == ","))


def _read_jsonl(path: Path, name: str) -> Table:
    columns: dict[str, None] = {}
    lines: list[Line] = []
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            line = _json_line(number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)
            if line is not None:
                lines.append(line)
                columns.update(dict.fromkeys(line.values))
    return Table(tuple(columns), tuple(lines))


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


def _read_parquet(path: Path, name: str) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mmalign_core.data.columnar.cells import plain_cells

    try:
        table = pq.ParquetFile(path).read()
        columns = [str(c).strip() for c in table.column_names]
        values = [plain_cells(table.column(i)) for i in range(len(columns))]
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise BadInput(f"{name} is not a readable Parquet file; write it again") from error
    keep = [i for i, c in enumerate(columns) if c and c not in columns[:i] and not c.startswith("__index_level_")]
    names = tuple(columns[i] for i in keep)
    rows = zip(*(values[i] for i in keep)) if keep else ()
    return Table(names, tuple(Line(number, dict(zip(names, row))) for number, row in enumerate(rows, 1)))
