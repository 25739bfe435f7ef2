"""Preview of data before they are read: what was recognised as what, the first items, and what will be left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from mmalign_core.data.draft import Draft
from mmalign_core.data.files import Content
from mmalign_core.data.names import shown
from mmalign_core.data.reader import read_into
from mmalign_core.data.tabular.column_roles import ColumnRole
from mmalign_core.data.uploads import collect_into
from mmalign_core.settings import Settings
from mmalign_core.types import Collection, Progress, Skipped, no_progress

ROWS = 5
"""Items that a preview shows; our choice."""


@dataclass(frozen=True)
class Preview:
    """What reading would give.

    `items`: how many; `by_modality`: modality -> items that have it; `columns`: what each column of a table is read as;
    `rows`: the first items, column -> text; `skipped`: what will be left out; `notes`: how the data are understood.
    `interactions`: how many rows. Files are looked for, and not opened.
    """

    name: str
    items: int
    by_modality: Mapping[str, int]
    columns: tuple[ColumnRole, ...]
    rows: tuple[Mapping[str, str], ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    interactions: int

    def report(self) -> dict[str, Any]:
        """The preview as the object that `inspect --preview --json` prints."""
        lists = {"columns": [asdict(one) for one in self.columns], "rows": [dict(row) for row in self.rows]}
        told = {"skipped": [one.report() for one in self.skipped], "notes": list(self.notes)}
        return asdict(self) | lists | told


def preview_collection(
    data: str | Path,
    *,
    interactions: str | Path | None = None,
    roles: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Preview:
    """What reading the collection at the path `data` would give; raises BadInput as `read_collection` does."""
    return _preview(settings, roles, lambda draft: read_into(draft, data, interactions, progress))


def preview_uploads(
    files: Sequence[tuple[str, Content]],
    *,
    roles: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Preview:
    """What reading uploaded files would give; raises BadInput as `collect_uploads` does."""
    return _preview(settings, roles, lambda draft: collect_into(draft, files, "uploads", progress))


def _preview(
    settings: Settings | None, roles: Mapping[str, str] | None, read: Callable[[Draft], Collection]
) -> Preview:
    draft = Draft(settings or Settings(), roles, glance=True)
    found = read(draft)
    held = {m: len({*found.media_of(m).items} | {*_given(found, m)}) for m in found.modalities}
    return Preview(
        name=found.name,
        items=len(found.ids),
        by_modality=held,
        columns=tuple(draft.columns),
        rows=tuple(_rows(found)),
        skipped=found.skipped,
        notes=found.notes,
        interactions=0 if found.interactions is None else len(found.interactions),
    )


def _given(collection: Collection, modality: str) -> Sequence[str]:
    vectors = collection.vectors.get(modality)
    return () if vectors is None else vectors.ids


def _rows(collection: Collection) -> list[dict[str, str]]:
    """The first items: their ids, media and metadata as short texts."""
    rows: dict[str, dict[str, str]] = {id: {"id": shown(id)} for id in islice(collection.ids, ROWS)}
    for modality in collection.modalities:
        for medium in islice(collection.media_of(modality), 20 * ROWS):  # an item may have several
            if medium.item in rows:
                said = shown(medium.text if medium.text is not None else Path(medium.path or "").name)
                before = rows[medium.item].get(modality)
                rows[medium.item][modality] = f"{before} | {said}" if before else said
        for id in set(rows) & set(islice(_given(collection, modality), 20 * ROWS)):
            rows[id].setdefault(f"{modality}_vector", f"{collection.vectors[modality].vectors.shape[1]} numbers")
    for column in collection.items.columns:
        for id, value in collection.items[column].head(ROWS).items():
            rows[str(id)][str(column)] = shown(value)
    return list(rows.values())
