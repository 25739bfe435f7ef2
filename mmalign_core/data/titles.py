"""Titles of items, and texts on one line: what a person reads of them in sentences, tables and pages."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.types import Collection

_LABEL = "label"
TITLE_COLUMNS = ("title", "name", _LABEL)
_JOINER = "\u200d"


def item_titles(collection: Collection) -> Mapping[str, str]:
    """Return item -> its title, name or label, else its first text, else its id, on one line.

    Labels that most items share with others are classes: they are used only for items without text.
    """
    named: dict[str, str] = {}
    held = [column for column in TITLE_COLUMNS if column in collection.items]
    classes = [column for column in held if column == _LABEL and _repeats(collection, column)]
    for column in (c for c in held if c not in classes):
        _name(named, collection, column)
    for medium in collection.media_of("text"):
        named.setdefault(medium.item, medium.text or medium.item)
    for column in classes:
        _name(named, collection, column)
    return {item: " ".join(named.get(item, item).split()) for item in collection.ids}


def _repeats(collection: Collection, column: str) -> bool:
    values = [str(value) for value in collection.items[column].dropna()]
    return 2 * len(set(values)) <= len(values)


def _name(named: dict[str, str], collection: Collection, column: str) -> None:
    for item, value in collection.items[column].items():
        if isinstance(value, str) and value.strip():
            named.setdefault(str(item), value)


def one_line(text: object, most: int = 500) -> str:
    """Return text for display: one line, no control characters or reversed writing, whole emoji, cut with an …"""
    words = str(text).encode("utf-8", "replace").decode()
    line = " ".join("".join(c if c.isprintable() or c == _JOINER else " " for c in words).split())
    return line if len(line) <= most else line[: most - 1].rstrip(_JOINER + " ") + "…"
