"""Columns of moments: dates and Unix times in any usual form, read with one rule for the whole column."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.moments import AMBIGUOUS, DAY_FIRST, MONTH_FIRST, number_order, read_moment
from mmalign_core.data.names import shown

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_UNITS = ((1e11, 1.0, ""), (1e14, 1e3, "milliseconds"), (1e17, 1e6, "microseconds"), (math.inf, 1e9, "nanoseconds"))
"""Below which size numbers are in which unit, its number a second, its name. A time in seconds has 10 digits from 2001
to 2286, and each smaller unit three more; 12 digits of seconds are the year 5138 and later."""
_LAST = 2**63 / 1e9
"""Seconds from 1970 to 2262-04-11, the last moment that 64 bits of nanoseconds hold."""
_BOUNDS = "it lies outside the years 1678 to 2262"
_FIRST_DAY, _LAST_DAY = 1900_01_01, 2100_12_31
"""Days as whole numbers, such as 20200913; our choice of the years."""
_ISO = r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$"
"""What pandas reads by whole columns."""
_NAMED = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(?:UTC|GMT)$"
"""The same with the name of the zone of Greenwich, as databases write it."""
_OFFSET = r"(?:Z|[+-]\d\d:?\d\d)$"
"""The zone at the end of a text in that form."""
NO_MOMENT = "which is not a number or a date such as 2024-01-31"


@dataclass(frozen=True)
class Moments:
    """The moments of a column (n,).

    `seconds` (n,): since 1970, NaN where there is none; `walls` (n,): the same by the clock on the wall, without zones;
    `wrong`: place -> why the cell is none, as the end of a sentence; `said`: sentences on how the column was read.
    """

    seconds: np.ndarray
    walls: np.ndarray
    wrong: Mapping[int, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def moments_of_texts(texts: Any) -> Moments:
    """The moments in an Arrow column (n,) of texts, of which none is a bare number; nulls and blanks are none."""
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, texts.type), texts)
    seconds, walls = _iso_seconds(pc.replace_substring_regex(texts, _NAMED, r"\1Z"))
    places = np.flatnonzero(np.isnan(seconds) & texts.is_valid().to_numpy(zero_copy_only=False))
    if not len(places):
        return Moments(seconds, walls)
    coded = texts.take(pa.array(places)).dictionary_encode()
    words, numbers = coded.dictionary.to_pylist(), coded.indices.to_numpy()
    order, said = _order(words)
    found = [read_moment(word, order) for word in words]
    seconds[places] = np.array([math.nan if m is None else m.seconds for m in found])[numbers]
    walls[places] = np.array([math.nan if m is None else m.wall_seconds for m in found])[numbers]
    none = {n: _refusal(word) for n, (word, moment) in enumerate(zip(words, found)) if moment is None}
    wrong = {int(places[i]): none[n] for i, n in enumerate(numbers.tolist()) if n in none}
    return Moments(seconds, walls, wrong, (said,) if said else ())


def moments_of_numbers(numbers: np.ndarray) -> Moments:
    """The moments in numbers (n,): Unix times in seconds or smaller units by their size, or days as 20200913."""
    finite = np.isfinite(numbers)
    if finite.any() and (days := _days(numbers[finite])) is not None:
        seconds = np.full(len(numbers), math.nan)
        seconds[finite] = days
        return Moments(
            seconds, seconds, {}, (f"numbers such as {numbers[finite][0]:.0f} are read as year, month, day",)
        )
    seconds, said, size = numbers.astype(np.float64).copy(), [], np.abs(numbers)
    lower = 0.0
    for most, a_second, name in _UNITS:
        own = finite & (size >= lower) & (size < most)
        seconds[own] = numbers[own] / a_second
        own &= np.abs(seconds) <= _LAST
        if name and own.any():
            said.append(f"numbers such as {numbers[own][0]:.0f} are read as {name} since 1970")
        lower = most
    late = finite & (np.abs(seconds) > _LAST)
    wrong = dict.fromkeys(np.flatnonzero(late).tolist(), f"which is no moment: {_BOUNDS}")
    wrong |= dict.fromkeys(np.flatnonzero(np.isinf(numbers)).tolist(), "which is infinite")
    seconds[late | ~finite] = math.nan
    if (seconds < 0).any():
        place = int(np.flatnonzero(seconds < 0)[0])
        when = datetime.fromtimestamp(seconds[place], UTC)
        count = int((seconds < 0).sum())
        said.append(
            f"{count:,} negative number{'s' * (count > 1)}, such as {numbers[place]:.15g}, "
            f"{'are' if count > 1 else 'is'} read as before 1970 ({when:%Y-%m-%d %H:%M:%S})"
        )
    return Moments(seconds, seconds, wrong, tuple(said))


def _days(numbers: np.ndarray) -> np.ndarray | None:
    """Seconds of days written as whole numbers; None unless all are such days."""
    if ((numbers < _FIRST_DAY) | (numbers > _LAST_DAY) | (numbers != np.trunc(numbers))).any():
        return None
    days = pd.to_datetime(pd.Series(numbers.astype(np.int64).astype(str)), format="%Y%m%d", errors="coerce", utc=True)
    return None if days.isna().any() else _epoch(days)


def _iso_seconds(texts: Any) -> tuple[np.ndarray, np.ndarray]:
    """Seconds and seconds on the wall (n,) of texts in ISO 8601, NaN for all others."""
    iso = pc.fill_null(pc.match_substring_regex(texts, _ISO), False)
    if not pc.any(iso).as_py():
        return np.full(len(texts), math.nan), np.full(len(texts), math.nan)
    own = pc.if_else(iso, texts, pa.scalar(None, texts.type))
    seconds = _parsed(own)
    if not pc.any(pc.match_substring_regex(own, _OFFSET)).as_py():
        return seconds, seconds.copy()
    return seconds, _parsed(pc.replace_substring_regex(own, _OFFSET, ""))


def _parsed(texts: Any) -> np.ndarray:
    return _epoch(pd.to_datetime(pd.Series(texts.to_pandas()), format="ISO8601", utc=True, errors="coerce"))


def _epoch(moments: pd.Series) -> np.ndarray:
    there = moments.notna().to_numpy()
    seconds = np.full(len(moments), math.nan)
    if there.any():
        whole = moments.dropna().dt.tz_localize(None).to_numpy()
        second = whole.astype("datetime64[s]")
        seconds[there] = second.astype(np.int64) + (whole - second).astype("timedelta64[ns]").astype(np.int64) / 1e9
    return seconds


def _order(words: list[str]) -> tuple[str, str]:
    """Which number of dates such as 03/04/2020 is the day, as the others of the column show, and a sentence on it."""
    orders = {word: number_order(word) for word in words}
    shown_by = {order: word for word, order in orders.items() if order in (DAY_FIRST, MONTH_FIRST)}
    if AMBIGUOUS not in orders.values() or len(shown_by) != 1:
        return AMBIGUOUS, ""
    order, word = shown_by.popitem()
    return order, f"dates are read {order}, as '{shown(word)}' shows"


def _refusal(word: str) -> str:
    if number_order(word) != AMBIGUOUS:
        return NO_MOMENT
    ways = [read_moment(word, order) for order in (DAY_FIRST, MONTH_FIRST)]
    both = " or ".join(f"{way.when:%Y-%m-%d}" for way in ways if way is not None)
    return f"which may be {both}, and no other date of the column tells"
