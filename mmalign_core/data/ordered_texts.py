"""Texts with an order of their own: columns of dates and of durations, which compare by time, not letters."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.moment_columns import moments_of_texts
from mmalign_core.data.moments import AMBIGUOUS, DAY_FIRST, MONTH_FIRST, number_order, read_moment
from mmalign_core.data.names import shown
from mmalign_core.types import BadInput

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

DATE, DURATION = "date", "duration"
_CLOCK = re.compile(r"(-?)(?:(\d+) days?,? )?(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?")
_YEAR = re.compile(r"[12]\d{3}")
_LOOK = 1 << 10
"""Cells that are looked at for a first value at a time; our choice."""


@dataclass(frozen=True)
class OrderedTexts:
    """The texts (n,) of a column of dates or durations as seconds, NaN where one is missing.

    `kind`: DATE or DURATION; `seconds` (n,): since 1970, or the length; `walls` (n,): by the clock on the wall; `said`:
    sentences on how they were read.
    """

    kind: str
    seconds: np.ndarray
    walls: np.ndarray
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """What a person asks a column of times for: from `start` to before `end`; `zoned`: whether a zone was named."""

    start: float
    end: float
    zoned: bool = False


def ordered_texts(texts: Any) -> OrderedTexts | None:
    """The dates or durations in an Arrow column of texts; None unless all that are there are such."""
    first = next((word for start in range(0, len(texts), _LOOK) if (word := _first(texts.slice(start, _LOOK)))), None)
    if first is None:
        return None
    if _CLOCK.fullmatch(first.strip()):
        return _durations(texts)
    if number_order(first) is None and read_moment(first) is None:
        return None
    found = moments_of_texts(texts.cast(pa.large_string()))
    return None if found.wrong else OrderedTexts(DATE, found.seconds, found.walls, found.said)


def span_of(value: str, kind: str) -> Span | None:
    """The span of time that a value of a condition names: a year, a month, a day, a minute …, or a duration.

    None if it names none. Raises BadInput if it is a day that may be two.
    """
    value = value.strip()
    if kind == DURATION:
        seconds = _clock_seconds(value)
        seconds = _number(value) if math.isnan(seconds) else seconds
        return None if math.isnan(seconds) else Span(seconds, math.nextafter(seconds, math.inf))
    if _YEAR.fullmatch(value):
        first, last = read_moment(f"{value}-01-01"), read_moment(f"{value}-12-31")
        assert first is not None and last is not None
        return Span(first.wall_seconds, last.wall_seconds + timedelta(days=1).total_seconds())
    moment = read_moment(value)
    if moment is not None:
        zoned = moment.when.tzinfo is not None
        start = moment.seconds if zoned else moment.wall_seconds
        return Span(start, start + moment.step.total_seconds(), zoned)
    if number_order(value) == AMBIGUOUS:
        ways = [read_moment(value, order) for order in (DAY_FIRST, MONTH_FIRST)]
        both = " or ".join(f"{way.when:%Y-%m-%d}" for way in ways if way is not None)
        raise BadInput(f"'{shown(value)}' may be {both}; write it as one of these")
    return None


def _first(texts: Any) -> str | None:
    there = texts.drop_null()
    return next((word for word in there.to_pylist() if word.strip()), None)


def _durations(texts: Any) -> OrderedTexts | None:
    coded = texts.dictionary_encode()
    lengths = np.array([_clock_seconds(word) if word.strip() else math.inf for word in coded.dictionary.to_pylist()])
    if np.isnan(lengths).any():
        return None
    places = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    seconds = np.append(np.where(np.isinf(lengths), math.nan, lengths), math.nan)[places]
    return OrderedTexts(DURATION, seconds, seconds)


def _clock_seconds(text: str) -> float:
    """The seconds of [-][days, ]hours:minutes[:seconds]; NaN for other texts."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        return math.nan
    sign, days, hours, minutes, seconds = found.groups()
    length = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds or 0))
    return length.total_seconds() * (-1 if sign else 1)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
