"""What was not used, and why: one line for each cause, with how many rows, files or media it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LISTED = 1000
"""Ids that a line keeps; our choice: enough to find the rows again, and some kilobytes."""
_NAMED = 5
"""Examples that a sentence names; our choice: they fit on a line or two."""
_VARYING = re.compile(r"'(?:[^']|(?<=\w)'(?=\w))*'|\bonce\b|\d+(?:[.,]\d+)*(?: times)?|\bnan\b")
"""What differs between two sentences about one cause: quoted names, and numbers."""
_LINE = re.compile(r", line (\d+)$")


@dataclass(frozen=True)
class Skipped:
    """Files, rows or media that were not used, and the reason in one sentence.

    `id`, `source`: the item and the place of the first of them; `count`: how many there are; `ids`: the item of each,
    at most LISTED of them, () where there is one.
    """

    id: str
    modality: str
    reason: str
    source: str = ""
    count: int = 1
    ids: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """The item of each, as far as they are listed."""
        return self.ids or (self.id,)

    def report(self) -> dict[str, Any]:
        """The line as JSON shows it."""
        told = {"id": self.id, "modality": self.modality, "reason": self.reason}
        return told if self.count == 1 else told | {"count": self.count, "ids": list(self.ids)}


@dataclass
class _Line:
    """A line while it grows: `first` of its cause, all `ids` that are listed, names of examples (in order)."""

    first: Skipped
    count: int = 0
    ids: list[str] = field(default_factory=list)
    named: dict[str, None] = field(default_factory=dict)

    def add(self, one: Skipped) -> None:
        self.count += one.count
        if len(self.ids) < LISTED:
            self.ids.extend(one.items[: LISTED - len(self.ids)])
        if len(self.named) <= _NAMED:
            self.named[_name(one)] = None

    def line(self) -> Skipped:
        if self.count == self.first.count:
            return self.first
        named = [name for name in self.named if name][:_NAMED]
        joined = ", ".join(named)
        sign = "" if not joined else f": {joined}" if len(named) == self.count else f", such as {joined}"
        first = self.first
        reason = f"{first.reason} ({self.count:,} in all{sign})"
        return Skipped(first.id, first.modality, reason, first.source, self.count, tuple(self.ids))


class SkipLog:
    """Unused data as they are found: however many have one cause, memory holds a line and LISTED ids of them."""

    def __init__(self) -> None:
        self._lines: dict[Any, _Line] = {}

    def add(self, one: Skipped) -> None:
        """Add unused data. A line that stands for several stays as it is."""
        key = (*cause_of(one), one.count > 1 and one.reason)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(one)
        line.add(one)

    def lines(self) -> tuple[Skipped, ...]:
        """One line for each cause, ordered by where it first occurs."""
        return tuple(line.line() for line in self._lines.values())

    def count(self) -> int:
        """How many files, rows and media there are."""
        return sum(line.count for line in self._lines.values())


def one_line_each(skipped: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """One line for each cause, ordered by where it first occurs."""
    log = SkipLog()
    for one in skipped:
        log.add(one)
    return log.lines()


def count_skipped(skipped: Iterable[Skipped], modality: str | None = None) -> int:
    """How many files, rows or media the lines stand for, of one modality or of all."""
    return sum(one.count for one in skipped if modality in (None, one.modality))


def reasons_by_item(skipped: Iterable[Skipped], modality: str) -> Mapping[str, list[str]]:
    """Item -> the reason of each of its media of the modality that were not used."""
    found: dict[str, list[str]] = {}
    for one in skipped:
        if one.modality == modality:
            for item in one.items:
                found.setdefault(item, []).append(one.reason)
    return found


def cause_of(one: Skipped) -> tuple[str, str]:
    """The modality and the reason without what is its own: names, numbers, and where it stands."""
    words = one.reason
    for own in (one.source, one.id):
        if own:
            words = words.removeprefix(own).replace(f"'{own}'", "''")
    return one.modality, _VARYING.sub("''", words)


def _name(one: Skipped) -> str:
    """What an example is called: its file where the reason names that, else its item and its line."""
    if one.source and f"'{one.source}'" in one.reason and (one.source == one.id or f"'{one.id}'" not in one.reason):
        return f"'{one.source}'"
    line = _LINE.search(one.source)
    if line is None or not one.id or one.id == line[1]:
        return f"line {line[1]}" if line else one.id and f"'{one.id}'"
    return f"'{one.id}' in line {line[1]}"
