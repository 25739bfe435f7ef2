"""Cells of numbers and words: a column as numbers where they are numbers, and as texts where they are not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.tabular.cells import Cells, as_list, bare_cells, is_arrow, is_texts, one_array
from mmalign_core.data.tabular.rows import is_missing

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
"""A decimal number in any usual form."""
_NO_NUMBER = ("nan", "nat", "null", "none", "n/a", "na", "<na>", "-")
"""Words by which programs write that there is no value, in lower case."""


@dataclass(frozen=True)
class MixedCells:
    """The cells (n,) of one column.

    `numbers` (n,) float64, NaN where there is none; `texts`: an Arrow column (n,) of all that is neither a number nor
    missing; `empty`: place -> the word, such as 'nan', that says that there is no value.
    """

    numbers: np.ndarray
    texts: Any
    empty: dict[int, str]


def mixed_cells(cells: Cells) -> MixedCells:
    """The cells as numbers and texts. Truth values are the texts 'true' and 'false'."""
    cells = bare_cells(cells)
    if is_texts(cells):
        return _of_texts(one_array(cells).cast(pa.large_string()))
    if is_arrow(cells) and (pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type)):
        found = one_array(cells).cast(pa.float64(), safe=False)
        numbers = pc.fill_null(found, math.nan).to_numpy(zero_copy_only=False)
        empty = pc.fill_null(pc.is_nan(found), False).to_numpy(zero_copy_only=False)
        texts = pa.nulls(len(numbers), pa.large_string())
        return MixedCells(numbers, texts, dict.fromkeys(np.flatnonzero(empty).tolist(), "nan"))
    values = as_list(cells)
    words = _of_texts(pa.array([_word(value) for value in values], pa.large_string()))
    return words


def _word(value: Any) -> str | None:
    """The cell as text; a number so that it reads back the same."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value != value:
        return "nan"
    if is_missing(value):
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else str(value)


def _of_texts(texts: Any) -> MixedCells:
    texts = pc.utf8_trim_whitespace(texts)
    texts = _only(texts, pc.greater(pc.binary_length(texts), 0))
    is_number = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    found = _only(texts, is_number)
    plus = pc.replace_substring_regex(found, r"^\+", "")
    numbers = pc.fill_null(plus.cast(pa.float64()), math.nan).to_numpy(zero_copy_only=False)
    words = _only(texts, pc.invert(is_number))
    empty = pc.fill_null(pc.is_in(pc.utf8_lower(words), pa.array(_NO_NUMBER, pa.large_string())), False)
    places = np.flatnonzero(empty.to_numpy(zero_copy_only=False)).tolist()
    return MixedCells(numbers, _only(words, pc.invert(empty)), {place: words[place].as_py() for place in places})


def _only(texts: Any, kept: Any) -> Any:
    return pc.if_else(pc.fill_null(kept, False), texts, pa.scalar(None, texts.type))
