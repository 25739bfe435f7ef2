"""A collection while it is built row by row: usable media and vectors are kept, everything else is reported once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.data.media.references import file_media, text_media
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.metadata import metadata_frame
from mmalign_core.data.tabular.rows import File, Problem, Row, as_reference, row_from
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.tabular.vectors import check_width, common_width, given_set, parse_vectors
from mmalign_core.settings import Settings
from mmalign_core.types import MODALITIES, BadInput, Collection, EmbeddingSet, Media, Progress, Skipped

Find = Callable[[str], Path]
"""A function that turns a file reference into a path. It raises BadInput if no file may be read under that name."""

LONGEST_METADATA = 10_000
"""Characters of a metadata cell; our choice: a longer one is content, not metadata."""
_ROWS_PER_REPORT = 50
"""Rows from one report of the progress to the next; our choice."""


@dataclass
class _Item:
    row: Row
    media: list[Media]
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    reported: bool = False


class Draft:
    """Rows are added with `add`; `finish` gives the collection.

    `skipped`: what is not used, with reasons; `notes`: sentences that say how the data were understood.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.skipped: list[Skipped] = []
        self.notes: list[str] = []
        self._items: dict[str, _Item] = {}

    def skip(self, id: str, modality: str, reason: object, source: str = "") -> None:
        """Report unused data: its id, its modality ('' if none), the reason, and its source."""
        self.skipped.append(Skipped(shown(id), modality, shown_sentence(reason), source))

    def table_rows(self, table: Table, names: Mapping[str, str], source: str) -> list[Row | None]:
        """One row for each line of a table, in order; None for a line that cannot be used, which is reported.

        `names`: column as written -> the name it has here. Rows are numbered '1', '2', … if none of these is 'id'.
        """
        numbered = "id" not in names.values()
        rows: list[Row | None] = []
        for count, line in enumerate(table.lines, 1):
            where = f"{shown(source)}, line {line.number}"
            values = dict.fromkeys(names.values()) | {names[c]: v for c, v in line.values.items()}
            try:
                if line.problem:
                    raise BadInput(f"{where} {line.problem}")
                fallback = str(count) if numbered else ""
                rows.append(row_from(values, where, fallback_id=fallback, lists_as_json=table.plain))
            except BadInput as error:
                self.skip(str(values.get("id") or line.number), "", error, where)
                rows.append(None)
        return rows

    def add_all(self, rows: Sequence[Row], find: Find, progress: Progress) -> None:
        """Add rows in order and report the progress."""
        for number, row in enumerate(rows):
            if number % _ROWS_PER_REPORT == 0:
                progress(number / len(rows), "reading files")
            self.add(row, find)

    def add(self, row: Row, find: Find) -> None:
        """Add the media and vectors of a row. A later row with the same id is reported and not used."""
        if row.id in self._items:
            return self.skip(row.id, "", f"{row.source}: the id '{row.id}' is taken by an earlier row", row.source)
        item = self._items[row.id] = _Item(row, [])
        for modality in MODALITIES:
            for entry in row.cells.get(modality, ()):
                with self._reporting(item, modality):
                    item.media.append(self._medium(row, modality, entry, find))
            if modality in row.vectors:
                with self._reporting(item, modality):
                    item.vectors[modality] = parse_vectors(row.vectors[modality], f"{modality}_vector")

    def usable_ids(self) -> list[str]:
        """The ids of the items with a usable medium or vector, in order.

        Vectors of another width are reported first.
        """
        self._check_widths()
        return [id for id, item in self._items.items() if item.media or item.vectors]

    def finish(self, name: str, interactions: pd.DataFrame | None = None, attribution: str = "") -> Collection:
        """The collection `name` of all items with a usable medium or vector. Raises BadInput if there is none."""
        ids = self.usable_ids()
        for item in self._items.values():
            if not (item.media or item.vectors or item.reported):
                where = item.row.source or item.row.id
                self.skip(item.row.id, "", f"{where}: has no text, image, audio or video", item.row.source)
        if not ids:
            empty = "; put texts, pictures, sounds, videos or vectors into it"
            first = f" ({len(self.skipped)} skipped): {self.skipped[0].reason}" if self.skipped else empty
            raise BadInput(f"'{shown(name)}' holds nothing usable{first}")
        used = [self._items[id] for id in ids]
        return Collection(
            name=name,
            items=metadata_frame(ids, [self._metadata(item) for item in used]),
            media=tuple(medium for item in used for medium in item.media),
            skipped=tuple(self.skipped),
            vectors=_given(used),
            interactions=interactions,
            attribution=attribution,
            notes=tuple(shown_sentence(note) for note in self.notes),
        )

    def _medium(self, row: Row, modality: str, entry: Any, find: Find) -> Media:
        if isinstance(entry, Problem):
            raise BadInput(entry.reason)
        if isinstance(entry, File):
            return file_media(row.id, modality, entry.path, entry.name, self.settings)
        if modality == "text":
            text = entry if isinstance(entry, str) else _number_as_text(entry)
            return text_media(row.id, text, f"the text of '{shown(row.id)}'", self.settings)
        reference = as_reference(entry)
        return file_media(row.id, modality, find(reference), reference, self.settings)

    @contextmanager
    def _reporting(self, item: _Item, modality: str) -> Iterator[None]:
        """Report a BadInput raised inside the block and go on."""
        try:
            yield
        except BadInput as error:
            item.reported = True
            self.skip(item.row.id, modality, error, item.row.source)

    def _check_widths(self) -> None:
        for modality in MODALITIES:
            having = [item for item in self._items.values() if modality in item.vectors]
            width = common_width([item.vectors[modality] for item in having])
            for item in having:
                vectors = item.vectors.pop(modality)
                with self._reporting(item, modality):
                    check_width(vectors, width, f"{modality}_vector")
                    item.vectors[modality] = vectors

    def _metadata(self, item: _Item) -> dict[str, Any]:
        kept = dict(item.row.metadata)
        for column, value in item.row.metadata.items():
            if isinstance(value, (str, bytes)) and len(value) > LONGEST_METADATA:
                kept[column] = None
                size = f"{len(value):,} characters, more than {LONGEST_METADATA:,}"
                reason = f"the cell '{shown(column)}' is too large ({size}); it was left empty"
                self.skip(item.row.id, "metadata", reason, item.row.source)
        return kept


def shown_sentence(reason: object) -> str:
    """A reason as one line of printable, valid Unicode; other characters become spaces."""
    words = str(reason).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else " " for c in words)


def _number_as_text(entry: Any) -> str:
    if isinstance(entry, bool) or not isinstance(entry, (int, float)):
        raise BadInput("the text is not text; write a string or a list of strings")
    return str(entry)


def _given(items: list[_Item]) -> dict[str, EmbeddingSet]:
    sets: dict[str, EmbeddingSet] = {}
    for modality in MODALITIES:
        rows = {item.row.id: item.vectors[modality] for item in items if modality in item.vectors}
        if rows:
            media = {i.row.id: [m for m in i.media if m.modality == modality] for i in items if i.row.id in rows}
            sets[modality] = given_set(modality, rows, media)
    return sets
