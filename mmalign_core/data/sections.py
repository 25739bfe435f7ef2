"""Sections of large data sets: shards of WebDataset and Parquet, stretches of a Lance table, each read by itself.

What a section gives is what encoding needs, the media, without the columns of metadata.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from mmalign_core.data.columnar import Source, files_source, folder_source, read_source
from mmalign_core.data.columnar.dataset_folders import is_saved, lance_below, lance_rows, lance_source
from mmalign_core.data.columnar.features import kind_of
from mmalign_core.data.draft import Draft
from mmalign_core.data.files import find_below
from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.layout import find_manifests
from mmalign_core.data.manifest import add_table
from mmalign_core.data.shards import no_other_file, rows_of_shards, tar_shards, unpack_into
from mmalign_core.settings import Settings
from mmalign_core.types import Collection, MediaTable, Skipped, no_progress
from mmalign_core.types.media import joined_media
from mmalign_core.types.skips import one_line_each
from mmalign_core.types.strings import Strings

LANCE_ROWS = 4096
"""Rows of a Lance table in a section. Chosen: with pictures of 100 kB about 400 MB, read in seconds."""


@dataclass(frozen=True)
class Section:
    """A part of a collection that one worker reads: a shard, or `rows` rows of a Lance table from row `first` on.

    `path`: of the shard or table. `name`: of the shard, in messages.
    """

    path: Path
    name: str
    first: int = 0
    rows: int = 0

    @property
    def is_tar(self) -> bool:
        """Whether it is a WebDataset shard."""
        return not self.rows


@dataclass(frozen=True)
class SectionMedia:
    """The ids of a section's items, its media in their order, and what was not used."""

    ids: Strings
    media: MediaTable
    skipped: tuple[Skipped, ...]


def find_sections(data: str | Path) -> tuple[Section, ...]:
    """The sections of a folder of shards or of a Lance table, in order; () for data that are read as a whole.

    Raises BadInput as `read_collection` does if a shard is damaged.
    """
    root = Path(os.path.expanduser(data))
    if not root.is_dir() or is_saved(root) or find_manifests(FolderFiles(root)):
        return ()
    if shards := tar_shards(root):
        return tuple(Section(path, name) for name, path in shards.items())
    lance = lance_below(root)
    if lance is not None:
        source = lance_source(lance, lance.name)
        part = source.parts[0]
        starts = range(0, part.rows, LANCE_ROWS)
        stretches = (Section(lance, lance.name, start, min(LANCE_ROWS, part.rows - start)) for start in starts)
        return tuple(stretches) if _divisible(source) else ()
    source = folder_source(root, root.resolve().name)
    if source is None or not _divisible(source):
        return ()
    firsts = [sum(part.rows for part in source.parts[:n]) for n in range(len(source.parts))]
    return tuple(Section(root / p.name, p.name, first, p.rows) for p, first in zip(source.parts, firsts))


def read_section(section: Section, settings: Settings) -> SectionMedia:
    """Read one section; raises BadInput if it is damaged. Embedded media are copied into the store's folder."""
    draft = Draft(settings)
    if section.is_tar:
        unpacked = {section.name: unpack_into(draft, section.path, section.name, no_progress)}
        draft.add(rows_of_shards(unpacked, draft), no_other_file, no_progress)
    else:
        find = partial(find_below, section.path.parent, absolute=False)
        add_table(draft, read_source(_source(section), draft, no_progress), find, no_progress, section.name)
    if not len(draft.usable_ids()):
        return SectionMedia(Strings(), MediaTable.of(()), tuple(draft.skipped))
    collection = draft.finish(section.name)
    ids, media, skipped = collection.ids, collection.table, collection.skipped
    if section.first and not section.is_tar and all(id == str(n) for n, id in enumerate(ids, 1)):
        ids, media, skipped = _numbered_on(section.first, ids, media, skipped)
    return SectionMedia(ids, media, skipped)


def joined_sections(data: str | Path, sections: Sequence[Section], parts: Sequence[SectionMedia]) -> Collection:
    """The items and media of all sections, in order, without metadata. An id that is taken is reported."""
    seen: set[str] = set()
    media: list[MediaTable] = []
    skipped: list[Skipped] = []
    for section, part in zip(sections, parts):
        taken = seen.intersection(part.ids)
        told = "{}: the id '{}' is taken by an earlier row"
        again = [Skipped(id, "", told.format(section.name, id), section.name) for id in sorted(taken)]
        skipped += [*part.skipped, *again]
        media.append(_without(part.media, taken) if taken else part.media)
        seen.update(part.ids)
    ids = list(dict.fromkeys(id for part in parts for id in part.ids))
    items = pd.DataFrame(index=pd.Index(ids, dtype=object, name="id"))
    return Collection(Path(data).resolve().name, items, joined_media(media), one_line_each(skipped))


def _without(media: MediaTable, items: set[str]) -> MediaTable:
    return media.take([row for row, item in enumerate(media.items) if item not in items])


def _numbered_on(
    first: int, ids: Strings, media: MediaTable, skipped: tuple[Skipped, ...]
) -> tuple[Strings, MediaTable, tuple[Skipped, ...]]:
    """The same where rows without ids are numbered on from `first`."""

    def on(id: str) -> str:
        return str(int(id) + first) if id.isdecimal() else id

    renamed = MediaTable(
        [on(item) for item in media.items], media.modalities, media.digests, paths=media.paths, texts=media.texts
    )
    return (
        Strings([on(id) for id in ids]),
        renamed,
        tuple(replace(skip, id=on(skip.id), ids=tuple(map(on, skip.ids))) for skip in skipped),
    )


def _divisible(source: Source) -> bool:
    """Whether the parts can be read alone: they are of one split, whose ids need no prefix, and hold no vectors."""
    kinds = {kind_of(field.type) for part in source.parts for field in part.schema}
    return len({part.split for part in source.parts}) == 1 and "vector" not in kinds


def _source(section: Section) -> Source:
    if not section.path.is_dir():
        return files_source({section.name: section.path}, section.name)
    source = lance_source(section.path, section.name)
    batches = partial(lance_rows, section.path, section.first, section.rows)
    return replace(source, parts=(replace(source.parts[0], rows=section.rows, batches=batches),))
