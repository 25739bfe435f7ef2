"""Lines of JSON: one object a line, or one list of objects, as programs write both under either ending."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from mmalign_core.data.formats import modality_of
from mmalign_core.data.media.references import guess_encoding
from mmalign_core.data.tabular.budgets import check_columns, check_rows
from mmalign_core.data.tabular.cells import Line
from mmalign_core.data.tabular.rows import named_values
from mmalign_core.data.tabular.table_files import open_table
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

LARGEST = 256 << 20
"""Bytes of a list of objects, which is read as a whole; our choice: the captions of COCO are a third of it."""
_HEAD = 4096
"""Bytes in which the first sign stands; our choice."""
_GAP = 1000
"""Characters that may stand between two objects; our choice: blank lines."""
_BOM = b"\xef\xbb\xbf"
_LONGEST_LITERAL = 1 << 20
"""Bytes of a line that is read as Python writes an object; our choice, far above any product."""


def read_json(path: Path, name: str, most: int | None, *, events: bool = False) -> tuple[dict[str, None], list[Line]]:
    """The columns in order of appearance, and the lines, at most `most` of them.

    A list of objects, on one line or many, gives a line for each, and so does an object with one such list in it.
    `events`: they are interactions. Raises BadInput, which calls the file `name`, if it is too large a list, or has
    more rows or columns than the settings allow.
    """
    with open_table(path) as file:
        head = file.read(_HEAD).removeprefix(_BOM).lstrip()
    objects = None
    if head.startswith(b"[") or (path.name.lower().removesuffix(".gz").endswith(".json") and head.startswith(b"{")):
        objects = _objects(read_whole(path, name))
    elif head.startswith(b"{") and not _is_json(head.split(b"\n", 1)[0], len(head) < _HEAD):
        objects = _written_apart(path)
    columns, lines, settings = dict[str, None](), list[Line](), Settings()
    for line in islice(_lines(path) if objects is None else _numbered(objects), most):
        lines.append(line)
        columns.update(dict.fromkeys(line.values))
        check_rows(len(lines), name, settings, events=events)
        check_columns(len(columns), name, settings)
    return columns, lines


def read_whole(path: Path, name: str) -> Any:
    """What the JSON in a file says, None if it is no JSON. Raises BadInput if it is too large."""
    with open_table(path) as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise BadInput(f"{name} is a JSON list of more than {LARGEST:,} bytes; write one object on each line")
    try:
        return json.loads(content.removeprefix(_BOM).decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _is_json(line: bytes, whole: bool) -> bool:
    """Whether a line is JSON, perhaps with a comma behind it; `whole`: it is not cut off. One in doubt counts as so."""
    text = line.strip().rstrip(b",")
    if not whole and len(line) >= _HEAD:
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return python_object(text) is not None or b"}" in text
    return True


def _written_apart(path: Path) -> list[Any] | None:
    """The objects in a file that holds one after the other, each on many lines; None if it holds anything else."""
    with open_table(path) as file:
        content = file.read(LARGEST + 1)
    decoder, found, at = json.JSONDecoder(), list[Any](), 0
    try:
        text = "" if len(content) > LARGEST else content.removeprefix(_BOM).decode("utf-8").strip()
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            found.append(value)
            at += len(text[at : at + _GAP]) - len(text[at : at + _GAP].lstrip(" \t\r\n,"))
    except (ValueError, RecursionError):
        return None
    return found if any(isinstance(value, dict) for value in found) else None


def _objects(content: Any) -> list[Any] | None:
    """The list of objects in JSON, or the only list of objects in an object; None if it is neither.

    An object whose names are those of files, as of captions, gives a line for each file; tables as pandas writes them
    (`to_json` in the orients columns, split and index) give one for each row.
    """
    if not isinstance(content, dict):
        whole = isinstance(content, list) and any(isinstance(value, dict) for value in content)
        return content if whole else None
    if content and all(modality_of(name) not in (None, "text") for name in content):
        return [_of_file(name, held) for name, held in content.items()]
    lists = [held for held in content.values() if isinstance(held, list) and any(isinstance(v, dict) for v in held)]
    if lists:
        return lists[0] if len(lists) == 1 else None
    return _rows_of_columns(content) or _rows_by_key(content)


def _rows_of_columns(content: dict[str, Any]) -> list[Any] | None:
    """The rows of an object that holds columns as lists, or `columns` and `data`; None if it holds none."""
    names, data = content.get("columns"), content.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip(map(str, names), row)) for row in data]
    lengths = {len(held) if isinstance(held, list) else -1 for held in content.values()}
    if len(content) < 2 or len(lengths) != 1 or lengths <= {-1, 0}:
        return None
    return [dict(zip(content, row)) for row in zip(*content.values())]


def _rows_by_key(content: dict[str, Any]) -> list[Any] | None:
    """The rows of an object of objects: columns of rows by number, or rows by their id; None if it holds none."""
    inner = [held for held in content.values() if isinstance(held, dict) and held]
    if len(inner) < len(content) or not inner:
        return None
    keys = list(inner[0])
    if all(key.isdigit() for key in keys) and all(held.keys() == inner[0].keys() for held in inner):
        return [{name: held[key] for name, held in content.items()} for key in keys]
    if len(content) < 2 or not set.intersection(*(set(held) for held in inner)):
        return None
    return [{"id": key, **held} for key, held in content.items()]


def _of_file(name: str, held: Any) -> Any:
    return {"file_name": name, **held} if isinstance(held, dict) else {"file_name": name, "text": held}


def _numbered(objects: list[Any]) -> Iterator[Line]:
    for number, value in enumerate(objects, 1):
        if isinstance(value, dict):
            yield Line(number, named_values(value))
        else:
            yield Line(number, {}, "is not a JSON object; write one object in braces for each item")


def _lines(path: Path) -> Iterator[Line]:
    with open_table(path) as file:
        for number, raw in enumerate(file, 1):
            line = _json_line(number, raw.removeprefix(_BOM) if number == 1 else raw)
            if line is not None:
                yield line


def _json_line(number: int, raw: bytes) -> Line | None:
    if not raw.strip():
        return None
    try:
        values = json.loads(raw.decode("utf-8").strip().removesuffix(","))
    except UnicodeDecodeError:
        return Line(number, {}, f"is not UTF-8 (it looks like {guess_encoding(raw)}); save it as UTF-8")
    except (ValueError, RecursionError):
        values = python_object(raw)
        if values is None:
            return Line(number, {}, "is not JSON; write one object in braces on each line")
    if not isinstance(values, dict):
        return Line(number, {}, "is not a JSON object; write one object in braces on each line")
    return Line(number, named_values(_written_out(values, raw)))


def python_object(raw: bytes) -> dict[str, Any] | None:
    """The object that a line holds as Python writes one, with names in single quotes; None if it holds none.

    Only literals are read; nothing is run.
    """
    text = raw.strip()
    if len(text) > _LONGEST_LITERAL or not (text.startswith(b"{") and text.endswith(b"}")):
        return None
    try:
        values = ast.literal_eval(text.decode("utf-8"))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    whole = isinstance(values, dict) and all(isinstance(name, str) for name in values)
    return values if whole else None


def _written_out(values: dict[str, Any], raw: bytes) -> dict[str, Any]:
    """The values, where a number too large for a float (1e400) is called as it was written, and not infinity."""
    large = [name for name, value in values.items() if isinstance(value, float) and math.isinf(value)]
    if not large:
        return values
    try:
        written = json.loads(raw.decode("utf-8"), parse_float=str)
    except ValueError:
        return values | {name: TooLarge(str(values[name])) for name in large}
    return values | {name: TooLarge(written[name]) for name in large if isinstance(written[name], str)}


class TooLarge(float):
    """Infinity that stands for a number too large for a float; as text it is the number as it was written."""

    def __new__(cls, written: str) -> TooLarge:
        """`written`: the digits, such as '-1e400'."""
        made = super().__new__(cls, written)
        made.written = written
        return made

    written: str

    def __str__(self) -> str:
        return self.written
