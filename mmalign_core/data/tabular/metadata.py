"""Metadata of a collection: typed columns, the same whichever kind of table they came from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.tabular.cells import Cells, as_list, bare_cells, is_text_type, one_array
from mmalign_core.data.tabular.written_values import written_value
from mmalign_core.types import Strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_DECIMAL = r"-?(0|[1-9]\d{0,17})(\.\d+)?([eE][+-]?\d{1,3})?"
"""A decimal number without leading zeros; 18 digits always fit 64 bits, 3 of an exponent every float64."""
_NUMBER = re.compile(_DECIMAL)
_WHOLE = r"-?(0|[1-9]\d{0,17})"
"""A whole number, within the same bounds."""
_TRUTH = {"true": True, "false": False}
_EXACT, _INT64, _FLOAT64 = 2**53, 2**63, 2**1023
"""Bounds of whole numbers: exact in a float64, within an int64, and finite in a float64."""
_TEXT = pd.StringDtype(na_value=np.nan)


def metadata_frame(ids: Strings, columns: Mapping[str, Cells]) -> pd.DataFrame:
    """A data frame indexed by `ids` (n,), with a column for each of `columns`, name -> cells (n,), in order.

    A column is boolean if every value is true or false, numeric if every value is a number or reads as one ('1939',
    not '007'), and else text, with lists and objects as JSON. Absent, empty and non-finite values are missing. Texts
    and ids stay in Arrow columns.
    """
    index = pd.Index(_text_series(ids.column), name="id")
    typed = {name: _series(cells).set_axis(index) for name, cells in columns.items()}
    return pd.DataFrame(typed, index=index)


def _text_series(column: Any) -> pd.Series:
    return pd.Series(column.to_pandas(), dtype=_TEXT)


def _series(cells: Cells) -> pd.Series:
    cells = bare_cells(cells)
    fast = None if isinstance(cells, list) else _fast_series(one_array(cells))
    return pd.Series(_typed(as_list(cells))) if fast is None else fast


def _fast_series(column: Any) -> pd.Series | None:
    """What `_typed` makes of the values, by whole columns; None where that has to look at them one by one."""
    is_, kind = pa.types, column.type
    if not len(column) or is_.is_null(kind) or column.null_count == len(column):
        return None
    if is_.is_boolean(kind):
        return None if column.null_count else pd.Series(column.to_numpy(zero_copy_only=False))
    if is_.is_integer(kind) and pc.max(pc.abs(pc.cast(column, pa.float64(), safe=False))).as_py() < _EXACT:
        numbers = column.to_numpy(zero_copy_only=False)
        return pd.Series(numbers.astype(np.float64 if column.null_count else np.int64))
    if is_.is_floating(kind):
        return _floats(_as_floats(column))
    return _texts(column.cast(pa.large_string())) if is_text_type(kind) else None


def _floats(numbers: np.ndarray) -> pd.Series | None:
    """Numbers, whole ones as such where none is missing: Parquet and data frames turn 1939 into 1939.0."""
    numbers = numbers + 0.0  # minus zero is zero, as it is for whole numbers
    finite = np.isfinite(numbers)
    if np.isinf(numbers).any() or not finite.any() or np.abs(numbers[finite]).max() >= _EXACT:
        return None
    if finite.all():
        return pd.Series(numbers.astype(np.int64) if (numbers == np.trunc(numbers)).all() else numbers)
    return pd.Series(np.where(finite, numbers, np.nan))


def _texts(column: Any) -> pd.Series | None:
    stripped = pc.utf8_trim_whitespace(column)
    stripped = pc.if_else(pc.equal(pc.binary_length(stripped), 0), pa.scalar(None, pa.large_string()), stripped)
    if stripped.null_count == len(stripped):
        return None
    first = stripped.drop_null()[0].as_py()
    if first.lower() in _TRUTH:
        return None
    if not _NUMBER.fullmatch(first):
        return _text_series(stripped)
    if _all_match(stripped, _WHOLE):
        numbers = stripped.cast(pa.int64())
        return pd.Series(numbers.to_numpy(zero_copy_only=False)) if not numbers.null_count else numbers.to_pandas()
    return _floats(_as_floats(stripped)) if _all_match(stripped, _DECIMAL) else None


def _all_match(column: Any, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(column, f"^(?:{pattern})$")).as_py() is True


def _as_floats(column: Any) -> np.ndarray:
    return pc.fill_null(column.cast(pa.float64()), math.nan).to_numpy(zero_copy_only=False)


def _typed(values: Iterable[Any]) -> list[Any]:
    plain = [_plain(v) for v in values]
    for convert in (_as_truth, _as_number):
        converted = [None if v is None else convert(v) for v in plain]
        if any(v is not None for v in plain) and all((v is None) == (c is None) for v, c in zip(plain, converted)):
            return converted
    return [v if v is None or isinstance(v, str) else _words(v) for v in plain]


def _plain(value: Any) -> Any:
    """None for an absent value; a number, a boolean or a stripped text as it is; anything else as text."""
    if not isinstance(value, (list, dict, np.ndarray)):
        value = written_value(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else _words(value)
    return text.strip().encode("utf-8", "replace").decode() or None


def _words(value: Any) -> str:
    tolist = getattr(value, "tolist", None)
    value = written_value(tolist() if tolist else value)
    return json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value


def _as_truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else _TRUTH.get(value.lower()) if isinstance(value, str) else None


def _as_number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return None
        value = float(value) if set(value) & set(".eE") else int(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)  # Parquet and data frames turn whole numbers into 1939.0 where one is missing
    if abs(value) < _INT64:
        return value
    return float(value) if abs(value) < _FLOAT64 else None  # a larger whole number fits no float: the column is text
