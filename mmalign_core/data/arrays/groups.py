"""Array groups: arrays of vectors found among the files, and attached to rows by id or in the order of a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from mmalign_core.data.arrays.ids import EXTENSIONS, ids_of_array, read_ids
from mmalign_core.data.arrays.numpy_files import check_vectors, held_safely, map_npy, read_npz
from mmalign_core.data.draft import Draft
from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.tabular.vectors import ID_NAMES, vectors_of
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say

_NAME_CURE = "name it after what its vectors are of: image_vector, text_vector, audio_vector or video_vector"


_FLAT = 2
"""Dimensions of an array of vectors: (n, d)."""


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
            groups += _try_take(loose, stem, name, path, draft)
    groups.append(loose)
    _name_rows(top, [group for group in groups if group.vectors], draft)
    return groups


def _try_take(group: ArrayGroup, stem: str, name: str, path: Path, draft: Draft) -> list[ArrayGroup]:
    """Add an .npy file to the group, or give that of its records.

    If its name says no modality, a failure is reported and not raised.
    """
    try:
        array = map_npy(path, name, draft.settings, records=True)
        if array.dtype.fields is not None:
            return [_of_records(name, array, draft)]
        group.take(stem, name, held_safely(array, path, draft.settings), draft)
    except BadInput as error:
        if vectors_of(stem) is not None:
            raise
        draft.skip(name, "", error, name)
    return []


def _of_npz(name: str, path: Path, draft: Draft, progress: Progress) -> ArrayGroup:
    """The group in an .npz file. Arrays that hold neither vectors of a modality nor ids are reported."""
    return _named_group(name, read_npz(path, name, draft.settings, progress), draft)


def _of_records(name: str, array: np.ndarray, draft: Draft) -> ArrayGroup:
    """The group in an .npy file of records, whose fields are named as the arrays of an .npz are.

    Raises BadInput if none of them holds vectors of a modality.
    """
    fields = {field: np.ascontiguousarray(array[field]) for field in array.dtype.names or ()}
    if not any(vectors_of(field) and held.ndim == _FLAT for field, held in fields.items()):
        raise BadInput(f"'{shown(name)}' holds records without vectors, not numbers; save a plain array")
    draft.notes.append(f"'{shown(name)}' holds records: their fields are {', '.join(map(shown, fields))}")
    return _named_group(name, fields, draft)


def _named_group(name: str, arrays: Mapping[str, np.ndarray], draft: Draft) -> ArrayGroup:
    """The group of the arrays in the file `name`, which say by their names what they hold."""
    group, only = ArrayGroup(files={name}), _only_array(name, arrays)
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
        draft.skip(
            other,
            "",
            say("'{name}' is not read, since '{other}' is there too", name=shown(other), other=shown(present[0])),
            other,
        )
    wanting = [group for group in groups if group.ids is None]
    ids = read_ids(top[present[0]], present[0], draft.settings) if present and wanting else None
    for group in groups:
        group.files |= set(present)
        if group.ids is None and ids is not None:
            group.ids, group.ids_name = ids, present[0]
