"""A collection while it is built: usable media and vectors are kept, everything else is reported once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute

from mmalign_core.data.media_cells import Find, MediaCells, text_name
from mmalign_core.data.metadata_cells import LONGEST_METADATA, too_large, with_plain_values
from mmalign_core.data.names import shown, taken_id
from mmalign_core.data.tabular.cells import (
    Cells,
    as_list,
    bare_cells,
    holds_numbers,
    is_arrow,
    taken,
)
from mmalign_core.data.tabular.column_roles import ColumnRole, check_given, check_roles
from mmalign_core.data.tabular.contents import are_numbers
from mmalign_core.data.tabular.metadata import metadata_frame
from mmalign_core.data.tabular.row_columns import Rows, rows_of_table
from mmalign_core.data.tabular.rows import parse_list
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.tabular.texts import read_texts
from mmalign_core.data.tabular.vector_columns import VectorColumn, given_set, read_vectors
from mmalign_core.settings import Settings
from mmalign_core.types import (
    MODALITIES,
    BadInput,
    Collection,
    EmbeddingSet,
    Media,
    MediaTable,
    Progress,
    Skipped,
)
from mmalign_core.types.identity import identities
from mmalign_core.types.media import joined_media
from mmalign_core.types.skips import SkipLog
from mmalign_core.types.strings import Strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_NUMBERS = "holds numbers, not paths of files; write the paths, or call it a vector, such as image_vector"
_ROWS_PER_REPORT = 50
"""Rows from one report of the progress to the next; our choice."""

_Owned = tuple[np.ndarray, MediaTable]
"""The row of each medium, and the media."""


class Draft:
    """Rows are added with `add`; `finish` gives the collection.

    `roles`: column -> the role that a person gives it; `glance`: files are looked for and not opened, for a preview;
    `columns`: what each column was read as; `notes`: sentences that say how the data were understood.
    """

    def __init__(self, settings: Settings, roles: Mapping[str, str] | None = None, *, glance: bool = False) -> None:
        self.settings, self.roles, self.glance = settings, dict(roles or {}), glance
        check_roles(self.roles)
        self.columns: list[ColumnRole] = []
        self._log = SkipLog()
        self.notes: list[str] = []
        self._rows = Rows(Strings(), str)
        self._media: dict[str, _Owned] = {}
        self._vectors: dict[str, VectorColumn] = {}
        self._told: list[tuple[int, int, str, str]] = []
        self._reported: set[int] = set()
        self._otherwise: dict[str, str] = {}

    def skip(self, id: str, modality: str, reason: object, source: str = "") -> None:
        """Report unused data: its id, its modality ('' if none), the reason, and its source."""
        self._log.add(Skipped(shown(id), modality, shown_sentence(reason), source))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What is not used: one line for each cause."""
        return self._log.lines()

    def table_rows(self, table: Table, names: Mapping[str, str], source: str) -> Rows:
        """The usable rows of a table, in order; its other lines are reported.

        `names`: column as written -> the name it has here. Rows are numbered '1', '2', … if none of these is 'id'.
        """
        rows, problems = rows_of_table(table, names, source)
        for place, own, reason in problems:
            self.skip(own, "", reason, table.where(place, source))
        return rows

    def add(self, rows: Rows, find: Find, progress: Progress) -> None:
        """Add the media and vectors of all rows and report the progress. It is called once.

        A later row with the id of an earlier one is reported and not used.
        """
        firsts = identities(rows.ids).firsts()
        first = firsts == np.arange(len(rows))
        for row in np.flatnonzero(~first).tolist():
            reason = f"{rows.source(row)}: {taken_id(rows.ids[row], rows.ids[int(firsts[row])])}"
            self._told.append((row, -1, "", reason))
        told, places = self._told, np.flatnonzero(first)
        self._rows = kept = rows.take(places)
        self._told = []
        for order, modality in enumerate(MODALITIES):
            if modality in kept.cells:
                self._media[modality] = self._read_media(2 * order, modality, kept.cells[modality], find, progress)
            if modality in kept.vectors:
                column = read_vectors(kept.vectors[modality], f"{modality}_vector")
                self._vectors[modality] = column
                self._told += [(row, 2 * order + 1, modality, why) for row, why in column.problems]
        own = [(int(places[row]), order, modality, why) for row, order, modality, why in self._told]
        self._reported |= {row for row, *_ in self._told}
        for row, _, modality, why in sorted([*told, *own], key=lambda one: one[:2]):
            self.skip(rows.ids[row], modality, why, rows.source(row))
        if self._otherwise:
            written, name = next(iter(self._otherwise.items()))
            count = f"{len(self._otherwise):,} files are named otherwise than in the table"
            self.notes.append(f"{count}, such as '{shown(written)}' for '{shown(name)}'")

    def usable_ids(self) -> Strings:
        """The ids of the items with a usable medium or vector, in order.

        Vectors of another width are reported first.
        """
        for modality, column in self._vectors.items():
            width = column.matrix.shape[1]
            for row, own in column.others:
                self._reported.add(row)
                why = f"{modality}_vector has {own} numbers where the others have {width}; make them equal"
                self.skip(self._rows.ids[row], modality, why, self._rows.source(row))
            self._vectors[modality] = VectorColumn(column.at, column.matrix)
        usable = self._usable()
        return self._rows.ids if usable.all() else self._rows.ids.take(np.flatnonzero(usable))

    def _usable(self) -> np.ndarray:
        """(n,) bool: which rows have a medium or a vector."""
        found = np.zeros(len(self._rows), bool)
        for at, _ in self._media.values():
            found[at] = True
        for column in self._vectors.values():
            found[column.at] = True
        return found

    def finish(self, name: str, interactions: pd.DataFrame | None = None, attribution: str = "") -> Collection:
        """The collection `name` of all items with a usable medium or vector. Raises BadInput if there is none."""
        check_given(self.roles, self.columns)
        ids = self.usable_ids()
        usable = self._usable()
        for row in np.flatnonzero(~usable).tolist():
            if row not in self._reported:
                source = self._rows.source(row)
                where = source if source != self._rows.ids[row] else f"'{source}'"
                self.skip(self._rows.ids[row], "", f"{where}: has no text, image, audio or video", source)
        if not len(ids):
            empty = "; put texts, pictures, sounds, videos or vectors into it"
            first = f" ({self._log.count():,} skipped): {self.skipped[0].reason}" if self.skipped else empty
            raise BadInput(f"'{shown(name)}' holds nothing usable{first}")
        return Collection(
            name=name,
            items=metadata_frame(ids, self._metadata(np.flatnonzero(usable))),
            media=self._all_media(),
            skipped=self.skipped,
            vectors=self._given(),
            interactions=interactions,
            attribution=attribution,
            notes=tuple(shown_sentence(note) for note in self.notes),
        )

    def _read_media(self, order: int, modality: str, cells: Cells, find: Find, progress: Progress) -> _Owned:
        """The usable media in the cells of one modality; the others are told of."""
        cells = bare_cells(cells)
        if modality == "text":
            progress(0.0, "reading texts")
            rows = self._rows
            read = read_texts(cells, lambda row: text_name(rows.ids[row]), self.settings, as_json=rows.as_json)
            if read is not None:
                self._told += [(row, order, modality, why) for row, why in read.problems]
                return read.at, MediaTable(self._ids_at(read.at), "text", read.digests, texts=read.texts)
        at: list[int] = []
        media: list[Media] = []
        if modality != "text" and is_arrow(cells) and holds_numbers(cells.type):
            self._told += [(row, order, modality, f"{modality} {_NUMBERS}") for row in range(len(cells))]
            return np.zeros(0, np.int64), MediaTable.of(media)
        values, reader = as_list(cells), MediaCells(self.settings, find, self.glance, self._otherwise)
        for row, cell in enumerate(values):
            if row % _ROWS_PER_REPORT == 0:
                progress(row / len(values), "reading files")
            if modality != "text" and are_numbers(cell):
                self._told.append((row, order, modality, f"{modality} {_NUMBERS}"))
                continue
            for entry in reader.entries(modality, parse_list(cell, self._rows.as_json)):
                try:
                    media.append(reader.medium(self._rows.ids[row], modality, entry))
                    at.append(row)
                except BadInput as error:
                    self._told.append((row, order, modality, str(error)))
        return np.array(at, np.int64), MediaTable.of(media)

    def _ids_at(self, at: np.ndarray) -> Strings:
        ids = self._rows.ids
        return ids if len(at) == len(ids) and bool((at == np.arange(len(ids))).all()) else ids.take(at)

    def _all_media(self) -> MediaTable:
        """The media of all modalities, in the order of the items."""
        parts = [part for part in self._media.values() if len(part[1])]
        if len(parts) < 2:
            return parts[0][1] if parts else MediaTable((), (), ())
        at = np.concatenate([at for at, _ in parts])
        return joined_media([media for _, media in parts]).take(np.argsort(at, kind="stable"))

    def _metadata(self, usable: np.ndarray) -> dict[str, Cells]:
        """The metadata of the usable rows. A cell that is too large is reported and left empty."""
        every = len(usable) == len(self._rows)
        kept = {n: cells if every else taken(cells, usable) for n, cells in self._rows.metadata.items()}
        large: list[tuple[int, int, str, int]] = []
        for order, (name, cells) in enumerate(kept.items()):
            found = too_large(cells)
            if found:
                values = [*as_list(cells)]
                for place, size in found:
                    values[place] = None
                    large.append((place, order, name, size))
                kept[name] = values
        for place, _, name, size in sorted(large):
            row = int(usable[place])
            words = f"{size:,} characters, more than {LONGEST_METADATA:,}"
            reason = f"the cell '{shown(name)}' is too large ({words}); it was left empty"
            self.skip(self._rows.ids[row], "metadata", reason, self._rows.source(row))
        kept, said = with_plain_values(kept)
        self.notes += said
        return kept

    def _given(self) -> dict[str, EmbeddingSet]:
        none = np.zeros(0, np.int64), MediaTable((), (), ())
        return {
            m: given_set(m, self._rows.ids, self._vectors[m], self._media.get(m, none))
            for m in MODALITIES
            if m in self._vectors and len(self._vectors[m].at)
        }


def shown_sentence(reason: object) -> str:
    """A reason as one line of printable, valid Unicode; other characters become spaces."""
    words = str(reason).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else " " for c in words)
