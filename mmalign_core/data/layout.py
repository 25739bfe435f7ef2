"""Layout of a folder: which of its tables name the items, in which folders, and of which split."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmalign_core.data.columnar import is_shard
from mmalign_core.data.draft import Draft
from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.formats import TABLE_ENDINGS, modality_of, table_ending
from mmalign_core.data.names import SPLIT_WORDS, is_about, shown
from mmalign_core.data.stem_columns import stem_column
from mmalign_core.data.tabular.contents import SAMPLE, features_of_cells
from mmalign_core.data.tabular.roles import infer_roles
from mmalign_core.data.tabular.rows import KNOWN_COLUMNS
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.types import MODALITIES, BadInput

_STEMS = ("manifest", "metadata")
"""What people call the table of a folder's items, the first choice first: ours, and Hugging Face's."""
_DEPTH = 2
"""Folders down to which such a table is looked for; our choice: data/train/metadata.csv."""
_CANDIDATES = 100
"""Tables that are looked at; our choice: a folder of more describes single items by them."""
_OTHERS = ("interactions", "ids", "readme", "index", "config", "state", "dataset_info", "dataset_infos")
"""Stems of tables, and of JSON that programs write beside data, that do not name items."""


@dataclass(frozen=True)
class TableFile:
    """A table of items: its path, its name below the folder, and the split that its name or folder says, or ''."""

    path: Path
    name: str

    @property
    def folder(self) -> str:
        """The sub-folder in which it lies; '' at the top."""
        return PurePosixPath(self.name).parent.as_posix().removeprefix(".")

    @property
    def split(self) -> str:
        """The split that its name or a folder of it says, else the folder; '' at the top."""
        path = PurePosixPath(self.name)
        return split_word(path.name.split(".")[0]) or next(filter(None, map(split_word, path.parts[:-1])), self.folder)


def split_word(name: str) -> str:
    """The name if it is or ends in that of a split: train, val, test and the like; else ''."""
    word = re.split(r"[-_.]", name.lower())[-1]
    return (name if word == name.lower() else word) if word in SPLIT_WORDS else ""


def find_manifests(files: FolderFiles, draft: Draft | None = None) -> tuple[TableFile, ...]:
    """The table called manifest or metadata at the top, in whichever case; without one, those of the sub-folders.

    Of several in one folder the first of TABLES counts, and the others are reported in the draft.
    """
    by_folder: dict[str, list[str]] = {}
    for name in files.names:
        path = PurePosixPath(name)
        if path.name.split(".")[0].lower() in _STEMS and table_ending(name) and len(path.parts) <= _DEPTH + 1:
            by_folder.setdefault(path.parent.as_posix(), []).append(name)
    folders = ["."] if "." in by_folder else sorted(by_folder)
    chosen: list[TableFile] = []
    for folder in folders:
        first, *others = sorted(by_folder[folder], key=_preference)
        chosen.append(TableFile(files.path(first), first))
        for other in others:
            if draft is None:
                break
            files.use(other)
            draft.skip(other, "", f"'{shown(other)}' is not read, since '{shown(first)}' is there too", other)
    return tuple(chosen)


def _preference(name: str) -> tuple[int, int, str]:
    stem = PurePosixPath(name).name.split(".")[0].lower()
    return _STEMS.index(stem), TABLE_ENDINGS.index(table_ending(name)), name


def find_other_tables(files: FolderFiles, draft: Draft) -> tuple[TableFile, ...]:
    """Tables of any name that name files of the folder, or hold texts or vectors where the folder holds no media.

    Several count if their columns have the same roles; the others are reported in the draft.
    """
    found: list[tuple[TableFile, frozenset[str]]] = []
    media = {name.rsplit(".", 1)[0] for name in files.names if modality_of(name)}
    for name in [n for n in files.names if n not in files.used and _may_name_items(n, media)][:_CANDIDATES]:
        if roles := _usable_roles(files, name, draft):
            found.append((TableFile(files.path(name), name), roles))
    if not found:
        return ()
    first, roles = found[0]
    for other, own in found:
        if own != roles:
            files.use(other.name)
            reason = (
                f"'{shown(other.name)}' is not read, since '{shown(first.name)}' is there too and has other columns"
            )
            draft.skip(other.name, "", reason, other.name)
    return tuple(table for table, own in found if own == roles)


def leaves_texts_out(tables: Sequence[TableFile], files: FolderFiles, draft: Draft) -> bool:
    """Whether tables called metadata hold no texts while texts lie beside the media: then files pair by stem."""
    called = all(PurePosixPath(table.name).name.lower().startswith(_STEMS[1]) for table in tables)
    texts = any(modality_of(name) == "text" and not is_about(name) for name in files.names)
    return called and texts and not any(_has_text(_usable_roles(files, table.name, draft)) for table in tables)


def _has_text(roles: Collection[str]) -> bool:
    return any(role.endswith("=text") for role in roles)


def _may_name_items(name: str, media: Collection[str]) -> bool:
    """Whether a file is a table that is worth a look: one with the stem of a medium describes that alone."""
    path = PurePosixPath(name)
    plain = bool(table_ending(name)) and len(path.parts) <= _DEPTH and not is_shard(name)
    beside = table_ending(name) == ".json" and name.rsplit(".", 1)[0] in media
    return plain and not beside and path.name.split(".")[0].lower() not in _OTHERS


def _usable_roles(files: FolderFiles, name: str, draft: Draft) -> frozenset[str]:
    """The columns of a table that names items, with their roles; none if it does not."""
    try:
        head = read_table(files.path(name), name, most=SAMPLE)
        features, sample = features_of_cells(head.cells)
        roles = infer_roles(features, sample, name, draft.roles, plain=True, bare=True)
    except BadInput:
        return frozenset()
    folder = TableFile(files.path(name), name).folder
    paths = [c for c, role in roles.names.items() if role in MODALITIES[1:] and features[c].kind in ("text", "media")]
    cells = (value for c in paths for cell in sample(c) for value in (cell if isinstance(cell, list) else [cell]))
    named = any(_exists(files, folder, value) for value in cells) or stem_column(head, files)
    known = set(roles.names.values()) & set(KNOWN_COLUMNS[1:])
    if "text" not in known and any(modality_of(n) == "text" and not is_about(n) for n in files.names):
        return frozenset()
    if (not named and (files.has_media or not known)) or not (named or known):
        return frozenset()
    return frozenset(f"{c}={role}" for c, role in roles.names.items())


def _exists(files: FolderFiles, folder: str, value: object) -> bool:
    value = value.get("path") if isinstance(value, dict) else value
    try:
        return isinstance(value, str) and bool(files.locate(files.below(folder, value)))
    except BadInput:
        return False


def splits_of(tables: Sequence[TableFile]) -> tuple[str, list[str]]:
    """The name of the column that tells tables apart, 'split' or 'folder', and each one's value; ('', []) for one."""
    values = [table.split for table in tables]
    words = [bool(split_word(value)) for value in values]
    if len(tables) < 2 and not any(words):
        return "", []
    return ("split" if all(words) else "folder"), values


def is_interactions(table: Table) -> bool:
    """Whether a table names users and items."""
    return {"user_id", "item_id"} <= set(table.columns)
