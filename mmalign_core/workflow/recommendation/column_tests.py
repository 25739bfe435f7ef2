"""Tests of a whole column at once: which values meet a condition. What Arrow cannot decide is tested one by one."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.names import shown
from mmalign_core.data.ordered_texts import DATE, ordered_texts, span_of
from mmalign_core.types import BadInput, Strings
from mmalign_core.types.digests import arrow_texts
from mmalign_core.wording import say

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_ARROW_ORDER = {">=": "greater_equal", "<=": "less_equal", ">": "greater", "<": "less"}
_LIKE_NUMBER = r"^\s*[+-]?(\.?[0-9]|nan|inf)"
"""How a text begins that Python may read as a number, in lower case."""


def holding(values: pd.Series | Strings, sign: str, value: str, column: str) -> np.ndarray:
    """Return (n,) bool: which of the values (n,) meet the condition `sign value`; see `allowed_items`.

    BadInput if all values of the column are numbers, dates or durations, and the condition compares them with something
    else.
    """
    if isinstance(values, Strings):
        return _texts_holding(values.column, sign, value, column)
    if isinstance(values.dtype, pd.StringDtype):
        texts = arrow_texts(values)
        in_time = _times_holding(texts, sign, value, column) if sign in (*_ORDER, "=", "!=") else None
        return _texts_holding(texts, sign, value, column) if in_time is None else in_time
    test = _test(sign, value, values.dropna(), column)
    number = _number(value)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        if number is not None and sign in (*_ORDER, "=", "!="):
            compare = _ORDER.get(sign, operator.ne if sign == "!=" else operator.eq)
            return compare(values.to_numpy(np.float64, na_value=np.nan), number)
        codes, distinct = pd.factorize(values)
        met = np.array([*map(test, distinct.tolist()), test(None)], bool)
        return met[codes]
    missing = values.isna().to_numpy()
    return np.array([test(None if gone else own) for own, gone in zip(values.tolist(), missing)], bool)


def _times_holding(texts: Any, sign: str, value: str, column: str) -> np.ndarray | None:
    """The same for an Arrow column of dates or durations; None for other texts, and for = and != with other values.

    A date stands for all of its time: '2024' is the year, and '>' means after it.
    """
    ordered = ordered_texts(texts)
    span = None if ordered is None else span_of(value, ordered.kind)
    if ordered is None or span is None:
        if ordered is not None and sign in _ORDER:
            such = "2024-01-31" if ordered.kind == DATE else "1:30:00"
            raise BadInput(
                say(
                    "'{column}' holds {kind}s, and '{shown}' is none; compare it with one such as {such}",
                    column=column,
                    kind=ordered.kind,
                    shown=shown(value),
                    such=such,
                )
            )
        return None
    own = ordered.seconds if span.zoned else ordered.walls
    if sign in (">=", "<"):
        return _ORDER[sign](own, span.start)
    if sign in (">", "<="):
        return own >= span.end if sign == ">" else own < span.end
    within = (own >= span.start) & (own < span.end)
    return within if sign == "=" else ~within


def _texts_holding(texts: Any, sign: str, value: str, column: str) -> np.ndarray:
    """The same for an Arrow column of texts: those of plain ASCII are compared by Arrow."""
    there = texts.is_valid().to_numpy(zero_copy_only=False)
    test = _test(sign, value, Strings(texts.drop_null() if texts.null_count else texts), column)
    met, plain = _compared(texts, sign, value)
    odd = np.flatnonzero(~plain & there)
    if len(odd):
        coded = texts.take(pa.array(odd)).dictionary_encode()
        own = np.array([test(text) for text in coded.dictionary.to_pylist()], bool)
        met[odd] = own[coded.indices.to_numpy()] != (sign[0] == "!")
    met &= there
    return ~met if sign[0] == "!" else met


def _compared(texts: Any, sign: str, value: str) -> tuple[np.ndarray, np.ndarray]:
    """Which texts meet the condition without its negation, and for which of them that is decided."""
    folded = pa.scalar(value.casefold(), pa.large_string())
    lower, plain = pc.ascii_lower(texts), pc.string_is_ascii(texts)
    if sign in _ORDER and _number(value) is not None:
        found = pc.is_null(texts)
        plain = pc.and_(plain, pc.invert(pc.match_substring_regex(lower, _LIKE_NUMBER)))
    elif sign in _ORDER:
        found = getattr(pc, _ARROW_ORDER[sign])(lower, folded)
    elif "=" in sign:
        found = pc.equal(lower, folded)
        plain = pc.and_(plain, pc.invert(pc.starts_with(lower, "[")))
    else:
        found = pc.match_substring(lower, value.casefold())
    met, decided = (np.array(pc.fill_null(column, False)) for column in (found, plain))
    return met, decided


def _test(sign: str, value: str, values: Any, column: str) -> Callable[[Any], bool]:
    """Return a function of one value (None if missing): whether it meets the condition."""
    if sign in _ORDER:
        return _ordering(_ORDER[sign], value, values, column)
    folded, number = value.casefold(), _number(value)

    def equal(own: Any) -> bool:
        return any(_same(part, folded, number) for part in _parts(own))

    def contains(own: Any) -> bool:
        return folded in str(own).casefold()

    plain = equal if "=" in sign else contains
    if sign[0] == "!":
        return lambda own: own is None or not plain(own)
    return lambda own: own is not None and plain(own)


def _ordering(compare: Callable[[Any, Any], bool], value: str, values: Any, column: str) -> Callable[[Any], bool]:
    """Compare numbers by size (other values never meet the condition), else texts by the alphabet, as for dates."""
    number = _number(value)
    if number is not None:
        return lambda own: (n := _number(own)) is not None and compare(n, number)
    if all(_number(own) is not None for own in values):
        raise BadInput(
            say(
                "'{column}' holds numbers and '{shown}' is none; compare it with a number",
                column=column,
                shown=shown(value),
            )
        )
    return lambda own: own is not None and compare(str(own).casefold(), value.casefold())


def _same(own: Any, folded: str, number: float | None) -> bool:
    if isinstance(own, int | float) and not isinstance(own, bool):
        return number is not None and float(own) == number
    return str(own).casefold() == folded


def _parts(own: Any) -> list[Any]:
    """Return the members of a JSON list, or the value itself."""
    if isinstance(own, str) and own.startswith("[") and own.endswith("]"):
        try:
            return [own, *json.loads(own)]
        except ValueError:
            return [own]
    return [own]


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found == found else None
