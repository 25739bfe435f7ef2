"""The hand-made tables of the demo: items drawn by OpenMoji, photographs, and their names in four more languages."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("de", "fr", "es", "zh")
DRAWING_CREDIT = "OpenMoji – the open-source emoji and icon project"
DRAWING_LICENCE = "CC BY-SA 4.0"


@dataclass(frozen=True)
class Item:
    """One thing of the demo. A drawing has an `emoji`; a photograph has the `package` and `file` it comes in."""

    id: str
    group: str
    caption: str
    names: dict[str, str]
    credit: str
    licence: str
    emoji: str = ""
    package: str = ""
    file: str = ""
    sound: str = ""


@cache
def demo_items() -> tuple[Item, ...]:
    """Every item in the order of items.csv, then photographs.csv."""
    return tuple(_drawing(row) for row in _table("items.csv")) + tuple(
        _photograph(r) for r in _table("photographs.csv")
    )


def _table(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _drawing(row: dict[str, str]) -> Item:
    names = {language: emoji_name(row["emoji"], language) for language in LANGUAGES}
    return Item(**row, names=names, credit=DRAWING_CREDIT, licence=DRAWING_LICENCE)


def _photograph(row: dict[str, str]) -> Item:
    names = {language: row.pop(f"name_{language}") for language in LANGUAGES}
    return Item(**row, names=names)


def emoji_name(emoji_character: str, language: str) -> str:
    """The Unicode CLDR name of an emoji in a language code such as "de", as plain words."""
    import emoji

    return emoji.demojize(emoji_character, language=language).strip(":").replace("_", " ").replace("-", " ")
