"""Sources: the table in a file, in shards, in a folder of tables, in a saved data set or in a Lance table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from mmalign_core.data.columnar.dataset_folders import is_saved, lance_below, lance_source, saved_source
from mmalign_core.data.columnar.parts import COLUMNAR, Source, file_part, is_shard, split_of
from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import is_about, is_system_file, natural_key, shown
from mmalign_core.data.walk import walk_folders
from mmalign_core.types import BadInput

_OTHERS = ("interactions", "ids")
"""Stems of tables of the top folder that do not hold items."""


def file_source(path: Path, name: str) -> Source:
    """The table in one file. A .arrow file or a shard is a data set; any other .parquet file is a manifest.

    Raises BadInput, which calls the file `name`, if it is damaged.
    """
    return Source(name, (file_part(path, name),), described=path.suffix.lower() == ".arrow" or is_shard(name))


def files_source(files: Mapping[str, Path], name: str) -> Source:
    """One table of several files (name -> path); raises BadInput if their columns differ or one is damaged."""
    parts = tuple(file_part(files[n], n, split_of(n)) for n in sorted(files, key=natural_key))
    first = parts[0]
    for part in parts[1:]:
        if set(part.schema.names) != set(first.schema.names):
            raise BadInput(
                f"'{shown(part.name)}' has other columns than '{shown(first.name)}'; give one of them, "
                "or a folder of files that have the same"
            )
    return Source(name, parts)


def folder_source(root: Path, name: str) -> Source | None:
    """The table in a folder: a saved data set, a Lance table, or its .parquet and .arrow files; None if it has none.

    Raises BadInput if the table is damaged, or there are several.
    """
    if is_saved(root):
        return saved_source(root, name)
    lance = lance_below(root)
    if lance is not None:
        return lance_source(lance, lance.name)
    files = _tables(root)
    return files_source(files, name) if files else None


def source_folders(root: Path) -> list[Path]:
    """The folders whose files are all parts of the table: of a saved data set, or of a Lance table."""
    if is_saved(root):
        return [root]
    lance = lance_below(root)
    return [] if lance is None else [lance]


def _tables(root: Path) -> dict[str, Path]:
    """Relative name -> path of the .parquet and .arrow files, if all are shards or the folder holds no media.

    Else {}.
    """
    names = [(Path(folder) / n).relative_to(root).as_posix() for folder, _, files in walk_folders(root) for n in files]
    names = [n for n in names if not is_system_file(n)]
    inside, tables = root.resolve(), {n: root / n for n in names if _is_items(n)}
    tables = {n: path for n, path in tables.items() if path.is_file() and path.resolve().is_relative_to(inside)}
    return tables if tables and (all(map(is_shard, tables)) or not _media(names)) else {}


def _is_items(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in COLUMNAR and not ("/" not in name and path.stem.lower() in _OTHERS)


def _media(names: Iterable[str]) -> bool:
    """Whether a text, picture, sound or video is among the files, not counting those that describe the collection."""
    return any(modality_of(name) and not is_about(name) for name in names)
