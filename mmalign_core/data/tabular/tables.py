"""Tables from .csv, .tsv, .jsonl and .parquet files: columns, and numbered lines with their values or their problem."""

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

import numpy as np

from mmalign_core.data.media.references import guess_encoding
from mmalign_core.data.names import is_unicode, shown
from mmalign_core.data.tabular.rows import named_values
from mmalign_core.types import BadInput

_MARK = "\x1e"
"""The ASCII record separator, which no table of text holds."""
_END = f"\n{_MARK}"
"""Appended to a CSV: if the parser does not return it as a record of its own, a quotation mark was left open."""


@dataclass(frozen=True)
class Line:
    """One line of a table: its number in the file, from 1; its values by column; why it cannot be used, or ''."""

    number: int
    values: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """Columns in order of appearance, and every line that is not blank; `plain`: all cells are text, as in CSV."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    plain: bool = False


def read_table(path: Path, name: str = "") -> Table:
    """The table in a .csv, .tsv, .jsonl or .parquet file; messages call the file `name`, or else by its own name.

    A line that cannot be parsed keeps its place with `Line.problem`. Raises BadInput if the file has another extension,
    cannot be read or parsed as a whole, has two columns of one name, or holds no rows.
    """
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
    """The records after the header. A record's number is that of the line of the file on which it begins."""
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
    """Comma, semicolon or tab: the most frequent in the header outside quotes. The comma wins a tie."""
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


def plain_cells(array: Any) -> list[Any]:
    """The cells of an Arrow column as Python values; a list of floats becomes an array (d,), which is much faster."""
    import pyarrow as pa

    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    array = array.storage if isinstance(array, pa.ExtensionArray) else array
    if is_list(array.type) and pa.types.is_floating(array.type.value_type):
        return _rows_of_numbers(array)
    return array.to_pylist()


def _rows_of_numbers(array: Any) -> list[np.ndarray | None]:
    """Each list of floats as a view (d,) of one array. A missing number is NaN, a missing list is None."""
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


def is_list(type: Any) -> bool:
    """Whether an Arrow type is a list: of 32-bit offsets, of 64-bit offsets, or of fixed size."""
    import pyarrow as pa

    return pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type)
