"""Which table a path is: a file, a folder of shards, a data set saved to disk, or a Lance table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from mmalign_core.data.columnar.lance import lance_below, lance_source
from mmalign_core.data.columnar.parquet import COLUMNAR, file_part, is_shard, split_of
from mmalign_core.data.columnar.saved_dataset import is_saved, saved_source
from mmalign_core.data.columnar.source import Source
from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import is_system_file, natural_key, shown
from mmalign_core.types import BadInput

_OTHERS = ("interactions", "ids")
"""Tables that are none of items."""


def file_source(path: Path, name: str) -> Source:
    """The table in one .parquet or .arrow file; a Parquet manifest keeps the names of its columns."""
    return Source(name, (file_part(path, name),), described=path.suffix.lower() == ".arrow" or is_shard(name))


def files_source(files: Mapping[str, Path], name: str) -> Source:
    """One table out of several files (name -> path) of the same columns; BadInput if they differ."""
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
    """The table that a folder is, or None if it is a folder of media: see `read_collection`."""
    if is_saved(root):
        return saved_source(root, name)
    lance = lance_below(root)
    if lance is not None:
        return lance_source(lance, lance.name)
    files = _tables(root)
    return files_source(files, name) if files else None


def _tables(root: Path) -> dict[str, Path]:
    """The .parquet and .arrow files of a folder that holds nothing else to read, or whose names say they are shards."""
    names = [(Path(folder) / n).relative_to(root).as_posix() for folder, _, files in os.walk(root) for n in files]
    names = [n for n in names if not is_system_file(n)]
    inside, found = root.resolve(), {n: root / n for n in names if _is_items(n)}
    found = {n: path for n, path in found.items() if path.is_file() and path.resolve().is_relative_to(inside)}
    return found if found and (all(map(is_shard, found)) or not _media(names)) else {}


def _is_items(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in COLUMNAR and not ("/" not in name and path.stem.lower() in _OTHERS)


def _media(names: Iterable[str]) -> bool:
    """Whether pictures, sounds, videos or texts are among the files, but for those that describe the folder."""
    from mmalign_core.data.folder import is_about

    return any(modality_of(name) and not is_about(name) for name in names)
