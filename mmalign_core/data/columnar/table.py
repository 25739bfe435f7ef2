"""Table of a source: read in batches, its columns renamed to their roles, its embedded files copied into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa

from mmalign_core.data.columnar.cells import EmbeddedFiles, label_cells, text_cells
from mmalign_core.data.columnar.features import as_text, is_bytes, says_texts, stated_in
from mmalign_core.data.columnar.parts import Part, Source, readable
from mmalign_core.data.columnar.samples import BATCH as _MEDIA_BATCH
from mmalign_core.data.columnar.samples import Samples, own_features
from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.budgets import check_bytes, check_rows
from mmalign_core.data.tabular.caption_objects import said_cells
from mmalign_core.data.tabular.cells import Cells, as_list
from mmalign_core.data.tabular.column_cells import GatheredCells, merged_cells
from mmalign_core.data.tabular.column_names import USUAL
from mmalign_core.data.tabular.column_roles import told_roles
from mmalign_core.data.tabular.contents import Feature
from mmalign_core.data.tabular.decoded_size import decoded_bytes
from mmalign_core.data.tabular.roles import Roles, infer_roles
from mmalign_core.data.tabular.rows import VECTOR_COLUMNS, is_missing
from mmalign_core.data.tabular.tables import Table
from mmalign_core.types import MODALITIES, BadInput, Progress

_BATCH = 8192
"""Rows in memory at a time without embedded media; our choice."""
_GLANCED = 20
"""Rows of a table with media that a preview reads; our choice: a screen of them."""
_MEDIA_BYTES = 64 * 2**20
"""Bytes of media in a batch above which rows are read one at a time; our choice."""


def read_source(source: Source, draft: Draft, progress: Progress) -> Table:
    """The table of all rows of a source. Embedded media are copied undecoded into the store; the cells hold the files.

    The inferred roles become a note of the draft, and columns that are not used are reported there. Raises BadInput if
    the source is damaged, has no rows or no usable column, or its media exceed the limits for archives.
    """
    if not any(part.rows for part in source.parts):
        raise BadInput(f"'{source.name}' holds no rows; write one row for each item")
    features = _features(source)
    samples = Samples(source, features)
    features = {c: _told_by_content(source, c, f, samples) for c, f in features.items()}
    described = source.described or any(f.heavy for f in features.values()) or bool(stated_in(source.parts[0].schema))
    roles = Roles(_own_names(features))
    if draft.glance:
        source = _glanced(source, draft)
    if described:
        roles = infer_roles(features, samples, source.name, draft.roles)
        draft.columns += told_roles(roles.names, features, samples, source.name)
        for column, modality, why in roles.left_out:
            draft.skip(column, modality, why, source.name)
    embedded = EmbeddedFiles(draft.settings, source.name)
    embedded.check_total(sum(_media_bytes(part, features, roles) for part in source.parts))
    cells = _settled_ids(
        _cells(source, features, roles, embedded, progress), roles, len({part.split for part in source.parts}) > 1
    )
    if described:
        draft.notes.append(f"'{source.name}': {roles.sentence()}{_splits_in_words(source, features)}")
    return Table(tuple(cells), cells, range(1, sum(part.rows for part in source.parts) + 1), settled=described)


def _glanced(source: Source, draft: Draft) -> Source:
    """The first rows of the table, of which a preview shows some."""
    part, total = next(part for part in source.parts if part.rows), sum(part.rows for part in source.parts)
    if total <= _GLANCED:
        return source
    draft.notes.append(f"'{shown(source.name)}': the preview looks at the first {_GLANCED} of {total:,} rows")
    first = replace(part, rows=min(part.rows, _GLANCED), batches=partial(_first_rows, part), held={})
    return replace(source, parts=(first,))


def _first_rows(part: Part, size: int) -> Iterator[Any]:
    left = min(part.rows, _GLANCED)
    for batch in part.batches(min(size, _GLANCED)):
        yield batch.slice(0, left)
        left -= batch.num_rows
        if left <= 0:
            return


def _features(source: Source) -> dict[str, Feature]:
    """Column -> feature over all parts: that of the first part in which the column is not of the type null."""
    features: dict[str, Feature] = {}
    for part in source.parts:
        for column, feature in own_features(part).items():
            if column not in features or features[column].kind == "nothing":
                features[column] = feature
    return features


def _told_by_content(source: Source, column: str, feature: Feature, samples: Samples) -> Feature:
    """The feature of a column, or that of texts where bytes are no media by their name and are text."""
    if feature.kind != "media" or feature.modality:
        return feature
    places = ((part.schema, part.schema.get_field_index(column)) for part in source.parts)
    types = {schema.field(place).type for schema, place in places if place >= 0}
    named = column.strip().lower() in (*MODALITIES[1:], *(n for m in MODALITIES[1:] for n in USUAL[m]))
    if named or not any(map(is_bytes, types)):
        return feature
    return as_text(feature, next(iter(samples(column)), None))


def _own_names(features: Mapping[str, Feature]) -> dict[str, str]:
    """Column -> its stripped name. Empty names, repeated names and the index that pandas writes are left out."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in features:
        name = column.strip()
        if name and name not in taken and not name.startswith("__index_level_"):
            names[column] = name
            taken.add(name)
    return names


def _cells(
    source: Source, features: Mapping[str, Feature], roles: Roles, embedded: EmbeddedFiles, progress: Progress
) -> dict[str, Cells]:
    """Name -> the cells of all parts, with the part's split if the source has splits."""
    total, done, held = sum(part.rows for part in source.parts), 0, 0
    check_rows(total, f"'{shown(source.name)}'")
    size = _MEDIA_BATCH if any(f.heavy for f in features.values()) else _BATCH
    found = {column: GatheredCells(total, name in VECTOR_COLUMNS) for column, name in roles.names.items()}
    for part in source.parts:
        own = own_features(part)  # the classes of another split may have other names
        own |= {c: f for c, f in features.items() if f.coded and c in own}
        large = part.lumps or sum(part.held.values()) * _MEDIA_BATCH > _MEDIA_BYTES * part.rows
        for batch in _batches(part, 1 if large else size):
            progress(done / max(total, 1), f"reading {source.name} ({done:,} of {total:,} rows)")
            with readable(part.name, "table"):
                held += sum(decoded_bytes(batch.column(column)) for column in _kept(batch, own))
                check_bytes(held, part.stored, f"'{shown(part.name)}'")
                for column, cells in _columns(batch, own, roles, embedded, done + 1):
                    found[column].add(cells)
            done += batch.num_rows
    cells = merged_cells({column: gathered.cells() for column, gathered in found.items()}, roles.names)
    if _splits_in_words(source, features):
        cells["split"] = [part.split or None for part in source.parts for _ in range(part.rows)]
    return cells


def _media_bytes(part: Part, features: Mapping[str, Feature], roles: Roles) -> int:
    """Bytes of the embedded media that are used, as far as the file states them."""
    media = (c for c, role in roles.names.items() if role in MODALITIES[1:] and features[c].kind == "media")
    return sum(part.held.get(column, 0) for column in media)


def _splits_in_words(source: Source, features: Mapping[str, Feature]) -> str:
    """The end of the note that names the splits; '' if there are none, or a column is called split."""
    splits = list(dict.fromkeys(part.split for part in source.parts if part.split))
    return f"; 'split' is {', '.join(map(shown, splits))}" if splits and "split" not in features else ""


def _batches(part: Part, size: int) -> Iterator[Any]:
    """The batches of a part, validated, since the offsets in a damaged file may point outside its memory."""
    with readable(part.name, "table"):
        for batch in part.batches(size):
            batch.validate(full=True)
            yield batch


def _columns(
    batch: Any, features: Mapping[str, Feature], roles: Roles, embedded: EmbeddedFiles, first_row: int
) -> Iterator[tuple[str, Cells]]:
    """Each column and its cells in this batch."""
    held = set(batch.schema.names)
    for column, name in roles.names.items():
        if column not in held:
            yield column, pa.nulls(batch.num_rows)
        elif features[column].labels:
            yield column, label_cells(batch.column(column), features[column])
        elif features[column].coded:
            yield column, text_cells(batch.column(column), is_metadata=name not in MODALITIES)
        elif name == "text" and says_texts(batch.schema.field(column).type):
            yield column, said_cells(batch.column(column))
        elif features[column].kind == "media" and name in MODALITIES[1:]:
            yield column, embedded.media_cells(batch.column(column), column, first_row)
        else:
            yield column, batch.column(column)


def _kept(batch: Any, features: Mapping[str, Feature]) -> Iterator[str]:
    """The columns of a batch whose cells stay in memory; media go into the store."""
    for column in batch.schema.names:
        if column in features and not features[column].heavy and features[column].kind != "media":
            yield column


def _settled_ids(cells: dict[str, Cells], roles: Roles, splits: bool) -> dict[str, Cells]:
    """The cells with a guessed column of ids as metadata again, unless its ids are complete and unique.

    Ids that occur in several splits get the split as a prefix: 'train/7'.
    """
    column = roles.column("id")
    if column is None or not (roles.guessed_id or splits):
        return cells
    ids = as_list(cells["id"])
    if roles.guessed_id and (any(map(is_missing, ids)) or len(set(map(str, ids))) < len(ids)):
        roles.names[column] = column
        return {name: held for name, held in cells.items() if name != "id"} | {column: cells["id"]}
    if not splits:
        return cells
    own = as_list(cells["split"]) if "split" in cells else [None] * len(ids)
    times = Counter((str(id), split) for id, split in zip(ids, own))
    if len({id for id, _ in times}) < len(times):
        ids = [id if is_missing(id) else f"{split or ''}/{id}" for id, split in zip(ids, own)]
    return {**cells, "id": ids}
