"""CSV and TSV files, read a record at a time and kept in Arrow columns of texts."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from mmalign_core.data.formats import modality_of
from mmalign_core.data.media.references import guess_encoding
from mmalign_core.data.names import is_unicode, shown
from mmalign_core.data.tabular.budgets import check_columns, check_rows
from mmalign_core.data.tabular.cells import Cells, Line
from mmalign_core.data.tabular.table_files import open_table
from mmalign_core.types import BadInput

_MARK = "\x1e"
"""The ASCII record separator, which no table of text holds. Appended to a table: if the parser does not return it as a
record of its own, a quotation mark was left open."""
_STATED = re.compile(r'"?sep=([,;\t|:])"?,*', re.IGNORECASE)
_SHEET = b"\xd0\xcf\x11\xe0"
"""First bytes of the spreadsheets of 1997 to 2003 (MS-CFB, 2.2); newer ones are .zip files."""
_HEAD = 4096
"""Bytes in which an encoding shows; our choice."""
_ABOVE = 100
"""Lines among which the names of the columns are looked for; our choice: no program writes so many comments."""
_FLUSH = 1 << 15
"""Records that are Python objects at a time; our choice: some megabytes."""

Record = tuple[int, list[str]]
"""The number of its first line, and its cells."""
Delimited = tuple[tuple[str, ...], dict[str, Cells], list[int], dict[int, Line]]
"""Columns, their cells, the numbers of the lines, and place -> line that cannot be used."""


def read_delimited(path: Path, name: str, most: int | None = None, *, events: bool = False) -> Delimited:
    """The table in a .csv or .tsv file; a record's number is that of the line of the file on which it begins.

    A first line `sep=;` names the delimiter, as spreadsheets write it; lines above the names of the columns that begin
    with # are comments. `most`: records that are read, None for all;
    `events`: it holds interactions. Raises BadInput, which calls the file `name`, if it is not UTF-8 or not CSV, has
    two columns of one name, or more rows or columns than the settings allow.
    """
    with open_table(path) as file:
        head = file.read(_HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head:
        what = "is a spreadsheet or an archive under the name of a table; save the sheet as CSV"
        other = f"is not UTF-8 (it looks like {guess_encoding(head)}); save it as UTF-8"
        raise BadInput(f"{name} {what if head.startswith((b'PK', _SHEET)) else other}")
    csv.field_size_limit(sys.maxsize)
    delimiter, above = _delimiter(path)
    with _opened(path, "") as text:
        reader = csv.reader(chain(text, ["\n", _MARK]), delimiter=delimiter)
        try:
            filled = (cells for cells in reader if any(c.strip() for c in cells))
            header, first = next(islice(filled, above, None), []), list[Record]()
            header[:1] = [(cell.lstrip("# ") or cell) if len(header) > 1 else cell for cell in header[:1]]
            check_columns(len(header), name)
            if any(modality_of(cell.strip()) for cell in header):
                header, first = named_by_place(header), [(reader.line_num, header)]
            records = islice(_counted(chain(first, _numbered(reader)), name, events), most)
            return _records(records, _columns(header, head, name))
        except csv.Error as error:
            raise BadInput(f"{name}, line {reader.line_num}, is not CSV ({error}); save the table again") from error


def named_by_place(cells: list[str]) -> list[str]:
    """Names for columns of a table without a line of names, which one knows by a file name in its first line.

    Of two columns one names the file, and the other is its text.
    """
    names = [f"column {number}" for number in range(1, len(cells) + 1)]
    media = [bool(modality_of(cell.strip())) for cell in cells]
    return ["file_name" if one else "text" for one in media] if sorted(media) == [False, True] else names


def _opened(path: Path, newline: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(open_table(path), "utf-8-sig", errors="surrogateescape", newline=newline)


def _columns(header: list[str], head: bytes, name: str) -> list[str]:
    columns = [cell.strip() for cell in header]
    named = [c for c in columns if c]
    twice = next((c for c in named if named.count(c) > 1), None) if len(set(named)) < len(named) else None
    if twice is not None and all(_is_amount(cell) for cell in named):
        raise BadInput(
            f"{name} has no line of names: its first line holds numbers; write the names of the columns above"
        )
    if twice is not None:
        raise BadInput(f"{name} has two columns called '{shown(twice)}'; rename one")
    if not all(map(is_unicode, named)):
        raise BadInput(f"{name} is not UTF-8 (it looks like {guess_encoding(head)}); save it as UTF-8")
    return columns


def _is_amount(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "", 1).isdigit()


def _counted(records: Iterator[Record], name: str, events: bool) -> Iterator[Record]:
    """The records, as far as there are not too many."""
    for count, record in enumerate(records, 1):
        if count % _FLUSH == 0:
            check_rows(count, name, events=events)
        yield record


def _records(records: Iterator[Record], columns: list[str]) -> Delimited:
    """The records after the header. Those of which a problem is told have empty cells."""
    parts: list[Any] = []
    numbers: list[int] = []
    problems: dict[int, Line] = {}
    rows: list[list[str]] = []
    empty = [""] * len(columns)
    for start, cells in records:
        if problem := _problem(cells, columns):
            values = {c: v for c, v in zip(columns, cells + empty) if c} if "UTF-8" in problem else {}
            problems[len(numbers)], cells = Line(start, values, problem), empty
        numbers.append(start)
        rows.append(cells if len(cells) == len(columns) else (cells + empty)[: len(columns)])
        if len(rows) == _FLUSH:
            parts.append(_batch(rows, columns))
            rows = []
    parts.append(_batch(rows, columns))
    named = [c for c in columns if c]
    whole = pa.Table.from_batches(parts)
    return tuple(named), {c: whole.column(c) for c in named}, numbers, problems


def _numbered(reader: Any) -> Iterator[Record]:
    """Every record that is not blank, with the number of its first line."""
    number = reader.line_num + 1
    for cells in reader:
        start, number = number, reader.line_num + 1
        if any(cells) and cells != [_MARK] and not all(map(_is_blank, cells)):
            yield start, cells


def _is_blank(cell: str) -> bool:
    return not cell or cell.isspace()


def _problem(cells: list[str], columns: list[str]) -> str:
    """Why a record cannot be used; '' if it can."""
    if _MARK in cells[-1]:
        return "opens a quotation mark that is never closed; close it"
    if len(cells) > len(columns) and "".join(cells[len(columns) :]).strip():
        return f"has {len(cells)} cells for {len(columns)} columns; quote cells with commas"
    whole = "".join(cells)
    if not is_unicode(whole):
        guess = guess_encoding(whole.encode("utf-8", "surrogateescape"))
        return f"is not UTF-8 (it looks like {guess}); save it as UTF-8"
    return ""


def _batch(rows: list[list[str]], columns: list[str]) -> Any:
    cells: Iterable[Any] = zip(*rows) if rows else [()] * len(columns)
    named = {c: pa.array(values, pa.large_string()) for c, values in zip(columns, cells) if c}
    return pa.RecordBatch.from_pydict(named)


def _delimiter(path: Path) -> tuple[str, int]:
    """Comma, semicolon, tab or bar: the most frequent in the header outside quotes, where the comma wins a tie.

    Or that of a first line `sep=;`. The second value is the number of lines above the header.
    """
    with _opened(path, "\n") as text:
        lines = list(islice((line.strip() for line in text if line.strip()), _ABOVE))
    header = lines[0] if lines else ""
    if stated := _STATED.fullmatch(header):
        return stated[1], 1
    comments = next((at for at, line in enumerate(lines) if not line.startswith("#")), 0)
    if comments:
        header = lines[comments]
    bare = re.sub(r'"[^"]*"', "", header)
    delimiter = max(",;\t|", key=lambda mark: (bare.count(mark), mark == ","))
    cells = bare.count(delimiter)
    named = comments and cells == re.sub(r'"[^"]*"', "", lines[comments - 1]).count(delimiter)
    return delimiter, comments - bool(named) if cells else 0
