"""Ids of the rows of an array: from ids.txt, .json, .npy, .jsonl, .csv, .tsv or .parquet, or from an array of ids."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.arrays.numpy_files import map_npy
from mmalign_core.data.files import check_size
from mmalign_core.data.formats import TABLES
from mmalign_core.data.media.references import decode_text
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.cells import Cells, Line, bare_cells, is_arrow
from mmalign_core.data.tabular.rows import is_missing
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.data.tabular.vectors import ID_NAMES
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Strings
from mmalign_core.types.strings import joined_strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

EXTENSIONS = (".txt", ".json", ".npy", *TABLES)
"""Extensions of a file called ids; the first that exists is read."""
_CHUNK = 1 << 16
"""Ids that are Python objects at a time; our choice: some megabytes."""
_INK = "[!-~]"
"""What an id holds that is certainly not blank: a printable character of ASCII other than the space."""


def read_ids(path: Path, name: str, settings: Settings) -> Table:
    """The ids in a file as a table: one line for each row of the arrays, a column `id`, and a table's other columns.

    Raises BadInput, which calls the file `name`, if it cannot be read or holds no list of ids.
    """
    label, extension = f"'{shown(name)}'", PurePosixPath(name).suffix.lower()
    if extension in TABLES:
        return _renamed(read_table(path, name), label)
    if extension == ".npy":
        return ids_of_array(map_npy(path, name, settings), label)
    try:
        check_size(path.stat().st_size, label, settings)
        text = decode_text(path.read_bytes(), label)
    except OSError as error:
        raise BadInput(f"{label} cannot be read: {error.strerror or error}") from error
    return _of_json(text, label) if extension == ".json" else _table(_lines(text), label)


def ids_of_array(array: np.ndarray, label: str) -> Table:
    """The ids in an array (n,) or (n, 1) of texts or whole numbers; raises BadInput for any other array."""
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if flat.ndim != 1 or flat.dtype.kind not in "USiu":
        raise BadInput(f"{label} holds {array.dtype} of the shape {array.shape}; save the ids as n texts or numbers")
    if flat.dtype.kind == "S":
        flat = np.array([raw.decode("utf-8", "surrogateescape") for raw in flat.tolist()])
    return _table(_of_numpy(flat), label)


def _of_numpy(flat: np.ndarray) -> Cells:
    """Texts or whole numbers (n,) as an Arrow column; a list where a text is no valid Unicode."""
    if flat.dtype.kind != "U":
        return pa.array(flat.astype(flat.dtype.newbyteorder("=")))
    try:
        return joined_strings([Strings(flat[at : at + _CHUNK].tolist()) for at in range(0, len(flat), _CHUNK)]).column
    except (pa.ArrowException, UnicodeError):
        return flat.tolist()


def _renamed(table: Table, label: str) -> Table:
    """The table with its first column of ids renamed to 'id'; raises BadInput if it has none."""
    names = {c.lower(): c for c in table.columns}
    id_column = next((names[n] for n in ("id", *ID_NAMES) if n in names), None)
    if id_column is None:
        raise BadInput(f"{label} has no column 'id'; write id as its first line, above the ids")
    columns = tuple("id" if c == id_column else c for c in table.columns)
    cells = {"id" if c == id_column else c: held for c, held in table.cells.items()}
    problems = {p: replace(x, values={"id": x.values.get(id_column)}) for p, x in table.problems.items()}
    return replace(table, columns=columns, cells=cells, problems=problems)


def _lines(text: str) -> Cells:
    """The lines of a text, as an Arrow column. White space at its end adds no line."""
    whole = text.rstrip().replace("\r\n", "\n")
    return pc.split_pattern(pa.array([whole] if whole else [], pa.large_string()), "\n").flatten()


def _of_json(text: str, label: str) -> Table:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{label} is not JSON; write a list of ids in brackets") from error
    if isinstance(values, dict):
        values = next((values[n] for n in ID_NAMES if n in values), None)
    if not isinstance(values, list) or not values:
        raise BadInput(f"{label} is not a list of ids; write them as a list in brackets, in the order of the rows")
    return _table(values, label)


def _table(ids: Cells, label: str) -> Table:
    if not len(ids):
        raise BadInput(f"{label} is empty; write one id for each row")
    missing = _without_id(ids) if is_arrow(ids) else [place for place, value in enumerate(ids) if is_missing(value)]
    gaps = {place: Line(place + 1, {}, "has no id; give every row its own id") for place in missing}
    return Table(("id",), {"id": bare_cells(ids)}, range(1, len(ids) + 1), gaps)


def _without_id(ids: Any) -> list[int]:
    """The places of an Arrow column of texts, or of numbers, that hold a blank text."""
    if pa.types.is_integer(ids.type):
        return []
    odd = np.flatnonzero(~pc.match_substring_regex(ids, _INK).to_numpy(zero_copy_only=False))
    return [place for place, text in zip(odd.tolist(), Strings(ids).take(odd)) if is_missing(text)]
