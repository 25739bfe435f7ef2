"""Written values: dates, times, durations, decimals, bytes and nested values as a person writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_EXACT_DIGITS = 15
"""Digits that every float64 holds exactly (DBL_DIG)."""
_A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Parts of a second in Arrow's units of time."""
_ZONE = r"(Z|[+-]\d{4})?$"


def written_column(column: Any) -> Any:
    """An Arrow array as one of texts, numbers, truth values, bytes, lists or structs, without any other type.

    Dates and times become ISO 8601 with a space, in their own zone; durations become 1:02:03; decimals and UUIDs
    become texts; bytes that are all UTF-8 become texts. What is coded (dictionaries, run lengths, views, extension
    types) is decoded.
    """
    decode = _decoder(column)
    if decode is not None:
        return written_column(decode(column))
    kind, is_ = column.type, pa.types
    if is_.is_timestamp(kind):
        return _timestamps(column)
    if is_.is_date(kind) or is_.is_time(kind):
        return _without_zeros(column.cast(pa.large_string()))
    if is_.is_duration(kind):
        return pa.array(
            [_duration(v, _A_SECOND[kind.unit]) for v in column.cast(pa.int64()).to_pylist()], pa.large_string()
        )
    if is_.is_decimal(kind):
        return column.cast(pa.large_string())
    if is_.is_interval(kind):
        return pa.array([written_value(v) for v in column.to_pylist()], pa.large_string())
    return _as_texts(column) if is_.is_binary(kind) or is_.is_large_binary(kind) else column


def written_value(value: Any) -> Any:
    """A Python value in the same form; lists and objects hold such values. Texts and numbers stay as they are."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.generic):
        return _of_numpy(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple, Mapping)):
        return _nested(value)
    return _scalar(value)


def written_list(column: Any) -> list[Any]:
    """The values of a nested Arrow column in the same form; times that Python cannot hold are their numbers."""
    try:
        values = column.to_pylist()
    except (pa.ArrowInvalid, OverflowError, ValueError):  # an unknown zone, or a year of more than four digits
        values = column.cast(_with_numbers(column.type)).to_pylist()
    return [written_value(value) for value in values]


def _with_numbers(kind: Any) -> Any:
    """The nested type with whole numbers in place of times."""
    is_ = pa.types
    if is_.is_temporal(kind):
        return pa.int32() if kind.bit_width == pa.int32().bit_width else pa.int64()
    if is_.is_struct(kind):
        return pa.struct([field.with_type(_with_numbers(field.type)) for field in kind])
    if is_.is_map(kind):
        return pa.map_(_with_numbers(kind.key_type), _with_numbers(kind.item_type))
    if is_.is_fixed_size_list(kind):
        return pa.list_(_with_numbers(kind.value_type), kind.list_size)
    if is_.is_list(kind) or is_.is_large_list(kind):
        return (pa.large_list if is_.is_large_list(kind) else pa.list_)(_with_numbers(kind.value_type))
    return kind


def shown_duration(seconds: float) -> str:
    """A duration as [-][days, ]hours:minutes:seconds."""
    return _duration(round(seconds * _A_SECOND["us"]), _A_SECOND["us"]) or ""


def _decoder(column: Any) -> Any:
    """The function that takes one coding away; None if there is none."""
    is_, kind = pa.types, column.type
    if isinstance(column, pa.ExtensionArray):
        if kind.extension_name == "arrow.bool8":
            return lambda c: c.storage.cast(pa.bool_())
        return _uuids if kind.extension_name == "arrow.uuid" else lambda c: c.storage
    if is_.is_dictionary(kind):
        return lambda c: c.dictionary_decode()
    if is_.is_run_end_encoded(kind):
        return pc.run_end_decode
    if is_.is_string_view(kind) or is_.is_binary_view(kind) or is_.is_fixed_size_binary(kind):
        return lambda c: c.cast(pa.large_string() if is_.is_string_view(kind) else pa.large_binary())
    if is_.is_list_view(kind) or is_.is_large_list_view(kind):
        return lambda c: pa.array(c.to_pylist(), pa.large_list(kind.value_type))
    return None


def _uuids(column: Any) -> Any:
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.large_string())


def _timestamps(column: Any) -> Any:
    try:
        texts = column.cast(pa.large_string())
    except pa.ArrowInvalid:  # a zone that this machine does not know: the moment is shown in UTC
        texts = column.cast(pa.timestamp(column.type.unit, "UTC")).cast(pa.large_string())
    texts = _without_zeros(texts)
    if column.type.tz is not None:
        texts = pc.replace_substring_regex(texts, r"([+-]\d\d)(\d\d)$", r"\1:\2")
    odd = pc.starts_with(texts, "<")  # Arrow writes "<value out of range: …>" for years of more than four digits
    return pc.if_else(odd, column.cast(pa.int64()).cast(pa.large_string()), texts)


def _without_zeros(texts: Any) -> Any:
    """Times without the zeros at the end of the parts of a second."""
    whole = pc.replace_substring_regex(texts, rf"\.0+{_ZONE}", r"\1")
    return pc.replace_substring_regex(whole, rf"(\.\d*[1-9])0+{_ZONE}", r"\1\2")


def _duration(count: int | None, a_second: int) -> str | None:
    """A number of parts of a second as [-][days, ]hours:minutes:seconds."""
    if count is None:
        return None
    seconds, part = divmod(abs(count), a_second)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    rest = f"{part / a_second:.9f}"[1:].rstrip("0").rstrip(".") if part else ""
    day = f"{days} day{'s' * (days > 1)}, " if days else ""
    return f"{'-' * (count < 0)}{day}{hour}:{minute:02}:{second:02}{rest}"


def _as_texts(column: Any) -> Any:
    """Bytes as texts if all of them are UTF-8 without zero bytes, else the bytes."""
    try:
        texts = column.cast(pa.large_string())
    except pa.ArrowInvalid:
        return column
    return column if pc.any(pc.match_substring(texts, "\0")).as_py() else texts


def _of_numpy(value: np.generic) -> Any:
    if isinstance(value, np.datetime64):
        return written_value(pd.Timestamp(value))
    return written_value(pd.Timedelta(value) if isinstance(value, np.timedelta64) else value.item())


def _nested(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(written_value(key)): written_value(held) for key, held in value.items()}
    if type(value).__name__ == "MonthDayNano":
        return f"{value[0]} months, {value[1]} days, {value[2] / 1e9:g} seconds"
    pairs = [held for held in value if isinstance(held, tuple) and len(held) == 2]
    if pairs and len(pairs) == len(value) and len({str(key) for key, _ in pairs}) == len(pairs):
        return {str(written_value(key)): written_value(held) for key, held in pairs}
    return [written_value(held) for held in value]


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(round(value / timedelta(microseconds=1)), _A_SECOND["us"])
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return str(value) if isinstance(value, (UUID, pd.Period, pd.Interval)) else value


def _decimal(value: Decimal) -> int | float | str | None:
    if not value.is_finite():
        return None
    if value == value.to_integral_value():
        return int(value)
    return float(value) if len(value.as_tuple().digits) <= _EXACT_DIGITS else str(value)
