"""Vectors of arrays attached to the rows of a table or a folder: by their ids, or by the order of a manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from mmalign_core.data.arrays.groups import ArrayGroup
from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown, taken_id
from mmalign_core.data.tabular.row_columns import Rows, merged_rows
from mmalign_core.data.tabular.rows import File, parse_list
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.tabular.vector_columns import VectorCells
from mmalign_core.types import BadInput
from mmalign_core.types.identity import identities, places_by_identity


def attach_vectors(rows: Rows, groups: Sequence[ArrayGroup], draft: Draft, manifest: str = "") -> Rows:
    """The rows with the vectors of the groups, followed by a new row for each id that no row has.

    `rows`: the lines of the manifest or the items of a folder; `manifest`: what messages call the manifest, '' if there
    is none. Arrays without ids follow its lines, or each other's where there are no rows at all. Raises BadInput if
    nothing names their rows, or an array is not as long as its ids or the manifest.
    """
    completed, lines, places = rows, rows.lines, rows.places
    for group in groups:
        if not group.vectors:
            continue
        if not (manifest or len(completed)):
            group = _numbered(group, draft)
        if group.ids is None:
            at, used = _by_order(group, lines, places, manifest)
        else:
            completed, at, used = _by_ids(group, completed, draft)
        for modality in group.vectors:
            completed = _give(completed, at, used, group, modality, draft)
    return completed


def _numbered(group: ArrayGroup, draft: Draft) -> ArrayGroup:
    """The group with the numbers of its rows, from 1, as ids, if it has none and two or more arrays of one length."""
    lengths = {len(vectors) for vectors in group.vectors.values()}
    if group.ids is not None or len(group.vectors) < 2 or len(lengths) > 1:
        return group
    names = ", ".join(f"'{shown(name)}'" for name in group.names.values())
    draft.notes.append(f"{names} have no ids: rows of the same number belong together, and their numbers are the ids")
    numbers = range(1, lengths.pop() + 1)
    ids = Table(("id",), {"id": pa.array(np.array(numbers))}, numbers)
    return replace(group, ids=ids, ids_name=next(iter(group.names.values())))


def _give(rows: Rows, at: np.ndarray, used: np.ndarray, group: ArrayGroup, modality: str, draft: Draft) -> Rows:
    """The rows with the vectors of a modality: row `at[i]` has the array's row `used[i]`.

    The array is reported and not used if one of the rows has vectors of the modality.
    """
    name, vectors, own = group.names[modality], group.vectors[modality], rows.vectors.get(modality)
    if own is not None and np.isin(at, own.at).any():
        reason = f"'{shown(name)}' is not read, since the items have {modality}_vector already"
        draft.skip(name, modality, reason, name)
        return rows
    order = np.argsort(at, kind="stable")
    at, used = at[order], used[order]
    whole = len(used) == len(vectors) and bool((used == np.arange(len(used))).all())
    given = VectorCells(at, vectors if whole else vectors[used])
    return replace(rows, vectors={**rows.vectors, modality: given if own is None else own.with_others(given)})


def _by_order(group: ArrayGroup, lines: int, places: np.ndarray, manifest: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and the array row of each: that of its line in the manifest.

    Raises BadInput if the lengths differ or there is no manifest.
    """
    if not manifest:
        name = shown(next(iter(group.names.values())))
        raise BadInput(
            f"'{name}' has no ids; put ids.txt (or .csv .json .npy) with one id for each row beside it, "
            "or a manifest whose order it follows"
        )
    _check_lengths(group, lines, manifest)
    return np.arange(len(places)), places


def _by_ids(group: ArrayGroup, rows: Rows, draft: Draft) -> tuple[Rows, np.ndarray, np.ndarray]:
    """The rows, which grow by new ids; those that the ids name, and the array row of each.

    An id that cannot be used, or names a row again, is reported.
    """
    assert group.ids is not None
    named = draft.table_rows(group.ids, {c: c for c in group.ids.columns}, group.ids_name)
    _check_lengths(group, named.lines, group.ids_name)
    at = _places(named, rows)
    firsts = _first_places(at)
    if len(firsts) < len(at):
        for row in np.setdiff1d(np.arange(len(at)), firsts).tolist():
            earlier = named.ids[int(np.flatnonzero(at == at[row])[0])]
            reason = f"{named.source(row)}: {taken_id(named.ids[row], earlier)}"
            draft.skip(named.ids[row], "", reason, named.source(row))
        named, at = named.take(firsts), at[firsts]
    silent = not (named.metadata or named.cells or named.vectors) and not (at >= len(rows)).any()
    if len(rows) == 0:
        return named, at, named.places
    return (rows if silent else merged_rows(rows, named, at)), at, named.places


def _places(named: Rows, rows: Rows) -> np.ndarray:
    """(k,): the first row of each id; for an id that no row has, a number from `len(rows)` on, in order.

    The name of a file of only one row is an alias of its id.
    """
    at = places_by_identity(named.ids, rows.ids)
    files = [(entry.name, row) for cells in rows.cells.values() if isinstance(cells, list)
             for row, cell in enumerate(cells) for entry in parse_list(cell) if isinstance(entry, File)]  # fmt: skip
    times = Counter(name for name, _ in files)
    alias = {name: row for name, row in files if times[name] == 1}
    if alias:
        unknown = np.flatnonzero(at < 0).tolist()
        at[unknown] = [alias.get(named.ids[place], -1) for place in unknown]
    new = np.flatnonzero(at < 0)
    firsts = identities(named.ids if len(new) == len(named.ids) else named.ids.take(new)).firsts()
    number = np.cumsum(firsts == np.arange(len(new))) - 1
    at[new] = len(rows) + number[firsts]
    return at


def _first_places(at: np.ndarray) -> np.ndarray:
    """The places of `at` (k,) where a number of it stands for the first time, in order."""
    first = np.zeros(int(at.max(initial=-1)) + 1, np.int64)
    first[at[::-1]] = np.arange(len(at) - 1, -1, -1)
    return np.flatnonzero(first[at] == np.arange(len(at)))


def _check_lengths(group: ArrayGroup, rows: int, names: str) -> None:
    for modality, vectors in group.vectors.items():
        if len(vectors) != rows:
            raise BadInput(
                f"'{shown(group.names[modality])}' has {len(vectors):,} rows, but '{shown(names)}' names {rows:,}; "
                "give each row its id, in the same order"
            )
