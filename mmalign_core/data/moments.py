"""Moments: one date with or without a time of day, as people and programs write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_HOURS: Mapping[str, float] = {
    **dict.fromkeys(("Z", "UTC", "GMT", "UT", "WET"), 0.0),
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
    "WEST": 1,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
}
"""Hours east of Greenwich of zones by their short names: those of RFC 2822 (4.3) and those of the tz database that
stand for one zone alone. IST and BST stand for several and are no names here."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = f"(?P<word>{'|'.join(_MONTHS)})[a-z]*\\.?"
_TIME = (
    r"(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?(?:\s*(?P<half>[ap])\.?m\b\.?)?"
)
_AREA = r"\[?(?P<area>[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+)\]?"
_OFFSET = r"(?:UTC|GMT)?(?P<sign>[+-])(?P<east>\d{1,2}):?(?P<more>\d\d)?(?:\s*\([A-Z]+\))?"
_ZONE = rf"(?:\s*(?:{_OFFSET}))?(?:\s*(?:{_AREA}|(?P<name>[A-Z]{{1,4}})))?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_CLOCK = rf"(?:(?:\s*[T,]\s*|\s+){_TIME}{_ZONE})?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})(?:[-/.](?P<day>\d{{1,2}}){_CLOCK})?",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)T{_TIME}{_ZONE}",
        rf"{_WEEKDAY}{_DAY}(?:\s+|-){_MONTH}(?:,?\s+|-)(?P<year>\d{{4}}){_CLOCK}",
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+(?P<year>\d{{4}}){_CLOCK}",
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_TIME}{_ZONE}\s+(?P<year>\d{{4}})",
        rf"(?P<month>\d\d)\s(?P<day>\d{{1,2}}),\s(?P<year>\d{{4}}){_CLOCK}",
    )
)
"""ISO 8601 and its relatives; days with the name of the month; the form of C's ctime; 'MM DD, YYYY' of reviews."""
_TWO_NUMBERS = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<second_number>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}){_CLOCK}", re.IGNORECASE
)
DAY_FIRST, MONTH_FIRST, EITHER, AMBIGUOUS = "day first", "month first", "either", "ambiguous"


@dataclass(frozen=True)
class Moment:
    """A date as it was written. `when` has a zone if one was written; `step`: how long the written unit is."""

    when: datetime
    step: timedelta

    @property
    def seconds(self) -> float:
        """Seconds since 1970 in UTC, which is the zone where none was written."""
        return (self.when if self.when.tzinfo else self.when.replace(tzinfo=UTC)).timestamp()

    @property
    def wall_seconds(self) -> float:
        """The same by the clock on the wall, whatever the zone."""
        return self.when.replace(tzinfo=UTC).timestamp()


def read_moment(text: str, order: str = AMBIGUOUS) -> Moment | None:
    """The moment that a text names, None if it names none. `order`: which number of '03/04/2020' is the day."""
    text = text.strip()
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _moment(found.groupdict())
    if found := _TWO_NUMBERS.fullmatch(text):
        parts = found.groupdict()
        own = number_order(text) or order
        own = order if own == AMBIGUOUS else own
        day, month = ("second_number", "first") if own == MONTH_FIRST else ("first", "second_number")
        return None if own == AMBIGUOUS else _moment(parts | {"day": parts[day], "month": parts[month]})
    return None


def number_order(text: str) -> str | None:
    """Which number of a date such as 13/04/2020 is the day; None for other texts.

    `AMBIGUOUS` if it may be both, `EITHER` if both say the same, as for 05/05/2020.
    A dot between the numbers says that the day comes first, as in all countries that write it (CLDR's date patterns).
    """
    found = _TWO_NUMBERS.fullmatch(text.strip())
    if not found:
        return None
    first, second = int(found["first"]), int(found["second_number"])
    if found["mark"] == "." or first > len(_MONTHS):
        return DAY_FIRST
    if first == second:
        return EITHER
    return MONTH_FIRST if second > len(_MONTHS) else AMBIGUOUS


def _moment(parts: Mapping[str, str | None]) -> Moment | None:
    try:
        day, hour = parts.get("day"), parts.get("hour")
        when = datetime(int(parts["year"] or 0), _month(parts), int(day or 1), *_clock(parts), tzinfo=_zone(parts))
        _ = when.timestamp() if when.tzinfo else None
    except (ValueError, OverflowError, LookupError, OSError):
        return None
    if day is None:
        return Moment(when, (when.replace(day=28) + timedelta(days=4)).replace(day=1) - when)
    if hour is None:
        return Moment(when, timedelta(days=1))
    written = "part" if parts.get("part") else "second" if parts.get("second") else "minute"
    steps = {"minute": timedelta(minutes=1), "second": timedelta(seconds=1), "part": timedelta(microseconds=1)}
    return Moment(when, steps[written])


def _month(parts: Mapping[str, str | None]) -> int:
    word = parts.get("word")
    return int(parts["month"] or 0) if word is None else _MONTHS.index(word.lower()[:3]) + 1


def _clock(parts: Mapping[str, str | None]) -> tuple[int, int, int, int]:
    """Hour, minute, second and microsecond. A leap second is the one before it."""
    hour, half = int(parts.get("hour") or 0), (parts.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    second, part = min(int(parts.get("second") or 0), 59), (parts.get("part") or "0")[:6].ljust(6, "0")
    return hour, int(parts.get("minute") or 0), second, int(part)


def _zone(parts: Mapping[str, str | None]) -> tzinfo | None:
    if parts.get("sign"):
        east = timedelta(hours=int(parts["east"] or 0), minutes=int(parts.get("more") or 0))
        return timezone(-east if parts["sign"] == "-" else east)
    if area := parts.get("area"):
        return ZoneInfo(area)
    name = parts.get("name")
    return None if name is None else timezone(timedelta(hours=_HOURS[name.upper()]))
