"""Atomic files of RecBole (Zhao et al. 2021): tables between tabs whose header says `field:type`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms.base import Form, base_name, head_of, separated_lines, settled_table
from mmalign_core.data.tabular.column_names import usual_column
from mmalign_core.data.tabular.tables import Table

_TYPES = ("token", "token_seq", "float", "float_seq")
_TEXTS = ("token_seq", "token")
_NAMES = ("title", "movie_title", "product_title", "name", "item_name", "track_name", "book_title", "description")
"""Fields that hold the text of an item in the data sets that RecBole publishes, the most likely first."""


def find_recbole(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The items of a .item file and the interactions of the .inter file of its name; None without either."""
    likes = next((n for n in names if base_name(n).endswith(".inter") and _header(files, n)), "")
    stem = PurePosixPath(likes).stem if likes else ""
    items = [n for n in names if base_name(n).endswith(".item") and _header(files, n)]
    own = next((n for n in items if PurePosixPath(n).stem == stem), items[0] if items else "")
    if not likes and not own:
        return None
    users = _renamed(_table(files, likes)) if likes else None
    table = _items(_table(files, own)) if own else None
    used = tuple(name for name in (own, likes) if name)
    return Form("RecBole atomic files", table, own, users, likes, used)


def _header(files: FolderFiles, name: str) -> list[tuple[str, str]]:
    """(field, type) of each column; [] if the first line is no such header."""
    first = head_of(files, name).split(b"\n", 1)[0].decode("utf-8-sig", "replace").strip("\r")
    pairs = [tuple(cell.rsplit(":", 1)) for cell in first.split("\t")]
    whole = all(len(pair) == 2 and pair[1] in _TYPES for pair in pairs)
    return [(pair[0], pair[1]) for pair in pairs] if whole else []


def _table(files: FolderFiles, name: str) -> dict[tuple[str, str], list[Any]]:
    header = _header(files, name)
    cells: dict[tuple[str, str], list[Any]] = {column: [] for column in header}
    lines = separated_lines(files, name, "\t")
    next(lines, None)
    for fields in lines:
        for column, value in zip(header, [*fields, *[""] * len(header)]):
            cells[column].append(_value(value, column[1]))
    return cells


def _value(text: str, kind: str) -> Any:
    if not text.strip():
        return None
    return [float(part) for part in text.split()] if kind == "float_seq" and _are_floats(text) else text


def _are_floats(text: str) -> bool:
    try:
        return bool([float(part) for part in text.split()])
    except ValueError:
        return False


def _renamed(cells: Mapping[tuple[str, str], list[Any]]) -> Table:
    named = {column: held for (column, _), held in cells.items()}
    return settled_table(named, len(next(iter(named.values()), [])))


def _items(cells: Mapping[tuple[str, str], list[Any]]) -> Table:
    """The items with their ids and texts; every other field is metadata."""
    fields = [field for field, _ in cells]
    id = "item_id" if "item_id" in fields else fields[0]
    texts = [field for field, kind in cells if kind in _TEXTS and field != id]
    text = next((name for name in _NAMES if name in texts), None) or usual_column("text", texts) or (texts or [""])[0]
    named = {("id" if field == id else field): held for (field, _), held in cells.items()}
    if text:
        named = {"id": named["id"], "text": named[text], **named}
    return settled_table(named, len(named["id"]))
