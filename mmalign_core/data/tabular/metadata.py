"""Metadata of a collection: typed columns, the same whichever kind of table they came from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?([eE][+-]?\d{1,3})?")
"""A decimal number without leading zeros; 18 digits always fit 64 bits, 3 of an exponent every float64."""
_TRUTH = {"true": True, "false": False}
_EXACT, _INT64, _FLOAT64 = 2**53, 2**63, 2**1023
"""Bounds of whole numbers: exact in a float64, within an int64, and finite in a float64."""


def metadata_frame(ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A data frame indexed by `ids` (n,), with a column for each name in `rows` (n), in order of appearance.

    A column is boolean if every value is true or false, numeric if every value is a number or reads as one ('1939',
    not '007'), and else text, with lists and objects as JSON. Absent, empty and non-finite values are missing.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pd.Series(_typed([row.get(name) for row in rows]), index=list(ids)) for name in names}
    return pd.DataFrame(columns, index=pd.Index(list(ids), dtype=object, name="id"))


def _typed(values: Iterable[Any]) -> list[Any]:
    plain = [_plain(v) for v in values]
    for convert in (_as_truth, _as_number):
        converted = [None if v is None else convert(v) for v in plain]
        if any(v is not None for v in plain) and all((v is None) == (c is None) for v, c in zip(plain, converted)):
            return converted
    return [v if v is None or isinstance(v, str) else _words(v) for v in plain]


def _plain(value: Any) -> Any:
    """None for an absent value; a number, a boolean or a stripped text as it is; anything else as text."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else _words(value)
    return text.strip().encode("utf-8", "replace").decode() or None


def _words(value: Any) -> str:
    tolist = getattr(value, "tolist", None)
    value = tolist() if tolist else value
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
