"""Manifests: tables of items, one line each, that name their texts, files, vectors and metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmalign_core.data.arrays import ArrayGroup, attach_vectors
from mmalign_core.data.columnar import COLUMNAR, file_source, read_source
from mmalign_core.data.draft import Draft, Find
from mmalign_core.data.names import shown
from mmalign_core.data.repeated_files import with_texts_gathered
from mmalign_core.data.tabular.caption_objects import holds_objects, said_cells
from mmalign_core.data.tabular.cells import as_list
from mmalign_core.data.tabular.column_cells import merged_cells
from mmalign_core.data.tabular.column_roles import METADATA, text_hint, told_roles
from mmalign_core.data.tabular.contents import features_of_cells
from mmalign_core.data.tabular.roles import infer_roles
from mmalign_core.data.tabular.rows import is_missing
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.types import BadInput, Progress


def add_manifest(
    draft: Draft, path: Path, find: Find, progress: Progress, name: str = "", arrays: Sequence[ArrayGroup] = ()
) -> None:
    """Add every line of the manifest at `path` to the draft; a line that cannot be used is reported there.

    `find` gives the path of a file reference; `name`: what messages call the manifest. `arrays`: array groups that
    belong to its lines, by their ids or else by its order. The columns id, text, image, audio, video and *_vector may
    be written in any case. Without one of them its role goes to a column of a usual name, or to one that names files;
    all others are metadata. Without ids the items are called '1', '2', …. Raises BadInput if the file is no table, or
    has neither a column of texts, files or vectors nor arrays.
    """
    name = name or path.name
    add_table(draft, read_manifest(draft, path, progress, name), find, progress, name, arrays)


def read_manifest(draft: Draft, path: Path, progress: Progress, name: str) -> Table:
    """The table at `path`, which messages call `name`.

    Files in the cells of a Parquet table are copied into the store.
    """
    if path.suffix.lower() in COLUMNAR:
        return read_source(file_source(path, name), draft, progress)
    return read_table(path, name)


def add_table(
    draft: Draft, table: Table, find: Find, progress: Progress, name: str, arrays: Sequence[ArrayGroup] = ()
) -> None:
    """Add every line of a table that has been read; see `add_manifest`."""
    bare = any(group.vectors for group in arrays)
    table = settle_roles(table, name, draft, bare=bare)
    table = table if bare else with_texts_gathered(table, name, draft)
    rows = attach_vectors(draft.table_rows(table, {c: c for c in table.columns}, name), arrays, draft, name)
    draft.add(rows, find, progress)


def settle_roles(table: Table, source: str, draft: Draft, *, bare: bool = False) -> Table:
    """The table with its columns called by their roles; those that are not used are reported.

    Unless `bare`, raises BadInput if no column holds texts, files or vectors.
    """
    if not table.columns and table.problems:
        place, line = next(iter(table.problems.items()))
        raise BadInput(f"'{shown(source)}' has no line that can be used: {table.where(place, source)} {line.problem}")
    features, sample = features_of_cells({c: table.cells[c] for c in table.columns})
    if table.settled and not _given_anew(table, draft):
        if not any(one.table == shown(source) for one in draft.columns):
            draft.columns += told_roles({c: c for c in table.columns}, table.columns, sample, shown(source))
        return table
    roles = infer_roles(features, sample, source, draft.roles, plain=True, bare=bare)
    draft.columns += told_roles(roles.names, features, sample, shown(source))
    for column, modality, why in roles.left_out:
        draft.skip(column, modality, why, source)
    own = roles.column("id")
    if own and roles.guessed_id and not _are_ids(table, own):
        roles.names[own] = own
        roles.guessed.discard(own)
    if roles.guessed:
        draft.notes.append(f"'{shown(source)}': {roles.sentence()}")
    if hint := text_hint(roles.names, features, sample):
        draft.notes.append(f"'{shown(source)}': {hint}")
    said = {c for c, role in roles.names.items() if role == "text" and holds_objects(sample(c))}
    own = {c: said_cells(table.cells[c]) if c in said else table.cells[c] for c in roles.names}
    cells = merged_cells(own, roles.names)
    renamed = {p: replace(x, values=_renamed(x.values, roles.names)) for p, x in table.problems.items()}
    return replace(table, columns=tuple(cells), cells=cells, problems=renamed, settled=True)


def _given_anew(table: Table, draft: Draft) -> bool:
    """Whether a person gives another role to a column of a table whose columns have their roles already."""
    return any(role not in (column, METADATA) and column in table.columns for column, role in draft.roles.items())


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[column]: value for column, value in values.items() if column in names}


def _are_ids(table: Table, column: str) -> bool:
    """Whether every line has a value there, each another one."""
    ids = [id for place, id in enumerate(as_list(table.cells[column])) if place not in table.problems]
    return not any(map(is_missing, ids)) and len(set(map(str, ids))) == len(ids)
