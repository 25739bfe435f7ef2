"""What the columns of a table hold: the kind of each, by its first values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from numbers import Real
from typing import Any

import numpy as np

from mmalign_core.data.formats import modality_of
from mmalign_core.data.tabular.caption_objects import said_in
from mmalign_core.data.tabular.cells import Cells, as_list
from mmalign_core.data.tabular.rows import is_missing

SAMPLE = 20
"""Values of a column that are looked at; our choice: enough to tell a path from a sentence."""
_LOOKED_AT = 1000
"""Rows in which those values are looked for; our choice: a column that is empty for longer counts as empty."""

Sample = Callable[[str], Sequence[Any]]
"""A function that gives the first values of a column that are there, at most SAMPLE."""


@dataclass(frozen=True)
class Feature:
    """What one column holds.

    `kind`: media (bytes, or a struct of bytes and path), text, vector, number, value (dates, times, durations and
    UUIDs, which are written as text but are no texts), other, or nothing (all null);
    `modality`: that of media, '' if it is not stated; `labels`: names of the classes that its numbers stand for;
    `heavy`: its type contains bytes, so that it cannot be metadata; `coded`: its texts are saved as bytes.
    """

    kind: str
    modality: str = ""
    labels: tuple[str, ...] = ()
    heavy: bool = False
    coded: bool = False


def first_values(cells: Cells) -> list[Any]:
    """The first values that are there."""
    return list(islice((v for v in as_list(cells[:_LOOKED_AT]) if v is not None and not is_missing(v)), SAMPLE))


def features_of_cells(cells: Mapping[str, Cells]) -> tuple[dict[str, Feature], Sample]:
    """Column -> its feature by its first values, and the function that gives them."""
    values = {name: first_values(held) for name, held in cells.items()}
    return {name: Feature(_kind(held)) for name, held in values.items()}, lambda name: values.get(name, [])


def are_numbers(cell: Any) -> bool:
    """Whether a cell is a number, or a list or array of numbers alone."""
    if isinstance(cell, np.ndarray):
        return cell.dtype.kind in "iuf"
    if isinstance(cell, list | tuple):
        return bool(cell) and all(map(are_numbers, cell))
    return isinstance(cell, Real | np.generic) and cell == cell


def count_numbers(value: Any) -> int:
    """How many numbers a list holds, also one that is written as text."""
    return value.count(",") + 1 if isinstance(value, str) else len(value)


def files_named(values: Sequence[Any]) -> str:
    """The modality of the files that texts name, where nearly all of them end as such files do; else ''."""
    flat = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    found = Counter(_file_modality(value) for value in flat)
    modality, times = next(iter(found.most_common(1)), ("", 0))
    return modality if modality and 10 * times >= 9 * len(flat) else ""


def _file_modality(value: Any) -> str:
    if not isinstance(value, str) or "\n" in value.strip():
        return ""
    modality = modality_of(value.strip())
    return "" if modality in (None, "text") else modality


def _kind(values: Sequence[Any]) -> str:
    if not values:
        return "nothing"
    kinds = {_kind_of_value(value) for value in values}
    return next(iter(kinds)) if len(kinds) == 1 else "text" if kinds <= {"text", "number"} else "other"


def _kind_of_value(value: Any) -> str:
    if isinstance(value, str):
        return _kind_of_text(value.strip())
    if isinstance(value, bool | Real | np.generic):
        return "number"
    if isinstance(value, np.ndarray):
        return "vector"
    if isinstance(value, list | tuple):
        if said_in(value):
            return "text"
        inner = {_kind_of_value(entry) for entry in value[:SAMPLE]}
        return {"number": "vector", "vector": "vector", "text": "text"}.get("".join(inner), "other")
    if isinstance(value, dict) and value.keys() == {"bytes", "path"}:
        return "media"
    return "text" if said_in(value) else "other"


def _kind_of_text(text: str) -> str:
    try:
        float(text)
        return "number"
    except ValueError:
        pass
    if text.startswith("[") and text.endswith("]") and text[1:2] in "-.0123456789[":
        try:
            return "vector" if _kind_of_value(json.loads(text)) == "vector" else "text"
        except (ValueError, RecursionError):
            return "text"
    return "text"
