"""WebDataset shards: archives (.tar) whose files pair by the name before the first dot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from mmalign_core.data.archives import unpack
from mmalign_core.data.draft import Draft
from mmalign_core.data.folder import list_folder, rows_by_stem
from mmalign_core.data.formats import ARCHIVES, ARRAYS, modality_of, table_ending
from mmalign_core.data.names import is_about, is_system_file, natural_key, shown
from mmalign_core.data.tabular.row_columns import Rows
from mmalign_core.types import BadInput, Progress

_TARS = tuple(extension for extension in ARCHIVES if extension != ".zip")
_DATA = (*ARRAYS, ".arrow", ".zip")
_OTHERS = ("interactions.jsonl", "interactions.csv", "interactions.tsv", "interactions.parquet")
"""Files beside the shards that hold no items."""


def tar_shards(root: Path) -> dict[str, Path]:
    """Name -> path of the archives in a folder without other media, in natural order; {} for any other folder.

    Tables and counts may lie beside them, as img2dataset writes both, and files that describe the collection. Links
    that lead out of the folder do not count.
    """
    inside = root.resolve()
    entries = [p for p in root.iterdir() if not (is_system_file(p.name) or is_about(p.name) or p.name in _OTHERS)]
    shards = [p for p in entries if p.name.lower().endswith(_TARS) and p.is_file()]
    shards = [p for p in shards if p.resolve().is_relative_to(inside)]
    if not shards or any(p.is_dir() or modality_of(p.name) or p.name.lower().endswith(_DATA) for p in entries):
        return {}
    if not set(side_files((p.name for p in entries), map(shard_stem, (p.name for p in shards)))) >= {
        p.name for p in entries if table_ending(p.name) == ".parquet"
    }:
        return {}
    return {p.name: p for p in sorted(shards, key=lambda p: natural_key(p.name))}


def side_files(names: Iterable[str], stems: Iterable[str]) -> list[str]:
    """Of the names, those of tables and counts beside archives: 00000.parquet and 00000_stats.json for 00000.tar."""
    known = set(stems)
    ends = (".parquet", ".json", ".jsonl", ".csv", ".txt", ".idx", ".index")
    return [n for n in names if n.lower().endswith(ends) and PurePosixPath(n).stem.removesuffix("_stats") in known]


def rows_of_shards(unpacked: Mapping[str, Path], draft: Draft) -> Rows:
    """One row for each name before the first dot; `unpacked`: name of a shard -> the folder of its files.

    An item is called 'shard/name', so that equal names in two shards are two items. Files of unsupported kinds are
    reported in the draft.
    """
    listing = {
        f"{shard_stem(shard)}/{name}": path
        for shard, folder in unpacked.items()
        for name, path in list_folder(folder, draft).items()
    }
    return rows_by_stem(listing, draft, first_dot=True)


def shard_stem(name: str) -> str:
    """The name of a shard without its extensions: 'train-0000' for 'train-0000.tar.gz'."""
    return name.split(".", 1)[0] or name


def no_other_file(reference: str) -> Path:
    """Raise BadInput: the metadata in a shard may not name files."""
    raise BadInput(f"'{shown(reference)}' is named in metadata; a shard holds its media beside them, under one name")


def unpack_into(draft: Draft, path: Path, name: str, progress: Progress) -> Path:
    """The folder with the files of the archive at `path`, without outer folders that hold a single folder alone.

    Members that are left out are reported in the draft. Raises BadInput, which calls the archive `name`, as `unpack`
    does.
    """
    unpacked = unpack(path, draft.settings, progress, name)
    for member, reason in unpacked.left_out:
        draft.skip(member, modality_of(member) or "", reason, shown(name))
    for fault in unpacked.faults:
        draft.skip(name, "", fault, shown(name))
    draft.notes.extend(unpacked.remarks)
    return _inmost(unpacked.folder)


def _inmost(folder: Path) -> Path:
    while len(inside := list(folder.iterdir())) == 1 and inside[0].is_dir():
        folder = inside[0]
    return folder
