"""Array groups: arrays of vectors found among the files, and attached to rows by id or in the order of a manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from mmalign_core.data.arrays.ids import EXTENSIONS, ids_of_array, read_ids
from mmalign_core.data.arrays.numpy_files import check_vectors, held_safely, map_npy, read_npz
from mmalign_core.data.draft import Draft
from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import shown, taken_id
from mmalign_core.data.tabular.row_columns import Rows, merged_rows
from mmalign_core.data.tabular.rows import File, parse_list
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.tabular.vector_columns import VectorCells
from mmalign_core.data.tabular.vectors import ID_NAMES, vectors_of
from mmalign_core.types import BadInput, Progress
from mmalign_core.types.identity import identities, places_by_identity

_NAME_CURE = "name it after what its vectors are of: image_vector, text_vector, audio_vector or video_vector"


@dataclass
class ArrayGroup:
    """Arrays whose row i belongs to the same item.

    `ids`: a table of n lines that name the items, or None if the rows follow the order of a manifest; `ids_name`: what
    messages call it; `vectors`: modality -> array (n, d); `names`: modality -> what messages call its array; `files`:
    the listed names of the files that were read.
    """

    ids: Table | None = None
    ids_name: str = ""
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def take(self, stem: str, name: str, array: np.ndarray, draft: Draft) -> None:
        """Add an array, of the modality that `stem` says. A second array of one modality is reported.

        Raises BadInput if the array is not (n, d) of real numbers or `stem` says no modality.
        """
        modality = vectors_of(stem)
        array = check_vectors(array, f"'{shown(name)}'")
        if modality is None:
            raise BadInput(f"'{shown(name)}' does not say what its vectors are of; {_NAME_CURE}")
        if modality in self.vectors:
            reason = f"'{shown(name)}' is not read, since '{shown(self.names[modality])}' is there too"
            return draft.skip(name, modality, reason, name)
        self.vectors[modality], self.names[modality] = array, name


def find_arrays(listing: Mapping[str, Path], draft: Draft, progress: Progress) -> list[ArrayGroup]:
    """One group for each .npz and one for all .npy files in the top folder of `listing` (relative name -> path).

    A file called ids (.txt .json .npy .jsonl .csv .tsv .parquet) names the rows; an array `ids` in an .npz names its
    own. A group may be empty. An array whose name contains no modality is reported. Raises BadInput if an array that
    is named after a modality, or the ids, cannot be read.
    """
    top = {name: path for name, path in listing.items() if "/" not in name}
    loose, groups = ArrayGroup(), []
    beside = {PurePosixPath(name).name.split(".", 1)[0] for name in listing if modality_of(name)}
    for name, path in top.items():
        if name.split(".", 1)[0] in beside:
            continue  # it stands beside a medium of its name, and holds no vectors of all items
        stem, extension = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
        if extension == ".npz":
            groups.append(_of_npz(name, path, draft, progress))
        elif extension == ".npy" and stem.lower() not in ID_NAMES:
            loose.files.add(name)
            _try_take(loose, stem, name, path, draft)
    groups.append(loose)
    _name_rows(top, [group for group in groups if group.vectors], draft)
    return groups


def _try_take(group: ArrayGroup, stem: str, name: str, path: Path, draft: Draft) -> None:
    """Add an .npy file to the group. If its name says no modality, a failure is reported and not raised."""
    try:
        array = map_npy(path, name, draft.settings)
        group.take(stem, name, held_safely(array, path, draft.settings), draft)
    except BadInput as error:
        if vectors_of(stem) is not None:
            raise
        draft.skip(name, "", error, name)


def _of_npz(name: str, path: Path, draft: Draft, progress: Progress) -> ArrayGroup:
    """The group in an .npz file. Arrays that hold neither vectors of a modality nor ids are reported."""
    group = ArrayGroup(files={name})
    arrays = read_npz(path, name, draft.settings, progress)
    only = _only_array(name, arrays)
    for key, array in arrays.items():
        label = f"{name}, {key}"
        try:
            if key.lower() in ID_NAMES and group.ids is None:
                group.ids, group.ids_name = ids_of_array(array, f"'{shown(label)}'"), label
            else:
                group.take(PurePosixPath(name).stem if key == only else key, label, array, draft)
                if key == only:
                    draft.notes.append(f"'{shown(label)}' is read as the vectors that the file is named after")
        except BadInput as error:
            if vectors_of(key) is not None or key.lower() in ID_NAMES:
                raise
            draft.skip(label, "", error, name)
    return group


def _only_array(name: str, arrays: Mapping[str, np.ndarray]) -> str:
    """The one array beside the ids whose own name says no modality, where the name of its file does; else ''."""
    others = [key for key in arrays if key.lower() not in ID_NAMES]
    if len(others) != 1 or vectors_of(others[0]) is not None or vectors_of(PurePosixPath(name).stem) is None:
        return ""
    return others[0]


def _name_rows(top: Mapping[str, Path], groups: Sequence[ArrayGroup], draft: Draft) -> None:
    """Give the ids in the ids file, which is read once, to the groups that have no ids of their own."""
    listed = {name.lower(): name for name in top} if groups else {}
    present = [listed[name] for e in EXTENSIONS if (name := f"ids{e}") in listed]
    for other in present[1:]:
        draft.skip(other, "", f"'{shown(other)}' is not read, since '{shown(present[0])}' is there too", other)
    wanting = [group for group in groups if group.ids is None]
    ids = read_ids(top[present[0]], present[0], draft.settings) if present and wanting else None
    for group in groups:
        group.files |= set(present)
        if group.ids is None and ids is not None:
            group.ids, group.ids_name = ids, present[0]


def attach_vectors(rows: Rows, groups: Sequence[ArrayGroup], draft: Draft, manifest: str = "") -> Rows:
    """The rows with the vectors of the groups, followed by a new row for each id that no row has.

    `rows`: the lines of the manifest or the items of a folder; `manifest`: what messages call the manifest, '' if there
    is none. Arrays without ids follow its lines. Raises BadInput if there is no manifest for them, or an array is not
    as long as its ids or the manifest.
    """
    completed, lines, places = rows, rows.lines, rows.places
    for group in groups:
        if not group.vectors:
            continue
        if group.ids is None:
            at, used = _by_order(group, lines, places, manifest)
        else:
            completed, at, used = _by_ids(group, completed, draft)
        for modality in group.vectors:
            completed = _give(completed, at, used, group, modality, draft)
    return completed


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
