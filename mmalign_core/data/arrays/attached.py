"""Arrays that lie beside a collection: found, and given to the rows they belong to, by id or in a manifest's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from mmalign_core.data.arrays.ids import EXTENSIONS, ids_of_array, read_ids
from mmalign_core.data.arrays.npy import check_vectors, map_npy
from mmalign_core.data.arrays.npz import read_npz
from mmalign_core.data.arrays.vector_names import ID_NAMES, vectors_of
from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.lines import rows_of
from mmalign_core.data.tabular.rows import File, Row
from mmalign_core.data.tabular.tables import Table
from mmalign_core.types import BadInput, Progress

_NAMING = "name it after what its vectors are of: image_vector, text_vector, audio_vector or video_vector"


@dataclass
class Beside:
    """Vectors (n, d) by modality, all of the same rows, and what names these: `ids`, or None for a manifest's order.

    `names`: modality -> what the user calls its array; `files`: the listed names this came from.
    """

    ids: Table | None = None
    ids_name: str = ""
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def take(self, stem: str, name: str, array: np.ndarray, draft: Draft) -> None:
        """Add an array that its stem says the modality of; it is reported if it says none or has it twice."""
        modality = vectors_of(stem)
        array = check_vectors(array, f"'{shown(name)}'")
        if modality is None:
            raise BadInput(f"'{shown(name)}' does not say what its vectors are of; {_NAMING}")
        if modality in self.vectors:
            reason = f"'{shown(name)}' is not read, since '{shown(self.names[modality])}' is there too"
            return draft.skip(name, modality, reason, name)
        self.vectors[modality], self.names[modality] = array, name


def find_beside(listing: Mapping[str, Path], draft: Draft, progress: Progress) -> list[Beside]:
    """The arrays among the listed files (name -> path), those of the top folder only; a group may hold none.

    `image_vector.npy` and the like belong to `ids.txt` (.csv .tsv .jsonl .parquet .json .npy), an .npz to the array
    `ids` within. An array whose name says no modality is reported; BadInput if one that does say it cannot be read.
    """
    top = {name: path for name, path in listing.items() if "/" not in name}
    loose, found = Beside(), []
    for name, path in top.items():
        stem, extension = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
        if extension == ".npz":
            found.append(_of_npz(name, path, draft, progress))
        elif extension == ".npy" and stem.lower() not in ID_NAMES:
            loose.files.add(name)
            _try_take(loose, stem, name, path, draft)
    found.append(loose)
    _name_rows(top, [group for group in found if group.vectors], draft)
    return found


def _try_take(group: Beside, stem: str, name: str, path: Path, draft: Draft) -> None:
    """Take an .npy file; one whose name says nothing of a modality is reported instead of refused."""
    try:
        group.take(stem, name, map_npy(path, name, draft.settings), draft)
    except BadInput as error:
        if vectors_of(stem) is not None:
            raise
        draft.skip(name, "", error, name)


def _of_npz(name: str, path: Path, draft: Draft, progress: Progress) -> Beside:
    """The vectors of an .npz; arrays that are of no use are reported."""
    group = Beside(files={name})
    for key, array in read_npz(path, name, draft.settings, progress).items():
        label = f"{name}, {key}"
        try:
            if key.lower() in ID_NAMES and group.ids is None:
                group.ids, group.ids_name = ids_of_array(array, f"'{shown(label)}'"), label
            else:
                group.take(key, label, array, draft)
        except BadInput as error:
            if vectors_of(key) is not None or key.lower() in ID_NAMES:
                raise
            draft.skip(label, "", error, name)
    return group


def _name_rows(top: Mapping[str, Path], groups: Sequence[Beside], draft: Draft) -> None:
    """Read the file of ids, once, for the groups that have none of their own."""
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


def attach(rows: Sequence[Row | None], groups: Sequence[Beside], draft: Draft, manifest: str = "") -> list[Row]:
    """The rows with the vectors that belong to them, then a row for each id that is new.

    Vectors without ids follow the rows of `manifest`. Raises BadInput if there is none, or if an array has another
    number of rows than what names them.
    """
    found = list(rows)
    for group in groups:
        if not group.vectors:
            continue
        places = _by_order(group, len(rows), manifest) if group.ids is None else _by_ids(group, found, draft)
        used = [(place, at) for place, at in enumerate(places) if at is not None and found[at] is not None]
        for modality in group.vectors:
            _give(found, used, group, modality, draft)
    return [row for row in found if row is not None]


def _give(found: list[Row | None], used: list[tuple[int, int]], group: Beside, modality: str, draft: Draft) -> None:
    """Put the vectors of a modality into their rows, unless one of these has some already."""
    name, vectors = group.names[modality], group.vectors[modality]
    rows = [(place, at, row) for place, at in used if (row := found[at]) is not None]
    if any(modality in row.vectors for _, _, row in rows):
        reason = f"'{shown(name)}' is not read, since the items have {modality}_vector already"
        return draft.skip(name, modality, reason, name)
    for place, at, row in rows:
        found[at] = replace(row, vectors={**row.vectors, modality: vectors[place]})


def _by_order(group: Beside, rows: int, manifest: str) -> list[int | None]:
    """Row i of the arrays belongs to row i of the manifest."""
    if not manifest:
        name = shown(next(iter(group.names.values())))
        raise BadInput(
            f"'{name}' has no ids; put ids.txt (or .csv .json .npy) with one id for each row beside it, "
            "or a manifest whose order it follows"
        )
    _check_lengths(group, rows, manifest)
    return list(range(rows))


def _by_ids(group: Beside, found: list[Row | None], draft: Draft) -> list[int | None]:
    """Array row -> place of its row in `found`, to which rows of new ids are added; None for unusable and later ids."""
    assert group.ids is not None
    named = rows_of(draft, group.ids, {c: c for c in group.ids.columns}, group.ids_name)
    _check_lengths(group, len(named), group.ids_name)
    places, seen = _places(found), set[int]()
    by_id: list[int | None] = []
    for row in named:
        at = places.setdefault(row.id, len(found)) if row else None
        if row is None or at is None:
            by_id.append(None)
        elif at in seen:
            draft.skip(row.id, "", f"{row.source}: the id '{row.id}' is taken by an earlier row", row.source)
            by_id.append(None)
        else:
            if at == len(found):
                found.append(row)
            else:
                found[at] = _merged(found[at], row)
            by_id.append(at)
            seen.add(at)
    return by_id


def _merged(row: Row | None, named: Row) -> Row:
    """The row, with what the table of ids says beyond it."""
    if row is None:
        return named
    cells, vectors = {**named.cells, **row.cells}, {**named.vectors, **row.vectors}
    return replace(row, cells=cells, metadata={**named.metadata, **row.metadata}, vectors=vectors)


def _places(rows: Sequence[Row | None]) -> dict[str, int]:
    """Id -> place of its first row; names of files that only one row has count as its id."""
    media = ((entry, at) for at, row in enumerate(rows) if row for cell in row.cells.values() for entry in cell)
    files = [(entry.name, at) for entry, at in media if isinstance(entry, File)]
    times = Counter(name for name, _ in files)
    places = {name: at for name, at in files if times[name] == 1}
    for at, row in reversed(list(enumerate(rows))):
        if row is not None:
            places[row.id] = at
    return places


def _check_lengths(group: Beside, rows: int, names: str) -> None:
    for modality, vectors in group.vectors.items():
        if len(vectors) != rows:
            raise BadInput(
                f"'{shown(group.names[modality])}' has {len(vectors):,} rows, but '{shown(names)}' names {rows:,}; "
                "give each row its id, in the same order"
            )
