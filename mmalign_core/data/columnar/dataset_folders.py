"""Data set folders: a Lance table, or what Hugging Face `datasets` saves to disk in one or more splits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mmalign_core.data.columnar.parts import Part, Source, file_part, readable, split_of
from mmalign_core.data.names import natural_key, safe_name, shown
from mmalign_core.data.prints import prints_held_back
from mmalign_core.data.tabular.budgets import check_columns
from mmalign_core.store.parts import scratch_folder
from mmalign_core.types import BadInput

_SPLITS, _ABOUT, _STATE = "dataset_dict.json", "dataset_info.json", "state.json"


def is_saved(root: Path) -> bool:
    """Whether `datasets` saved the folder. A data set without rows has no .arrow file."""
    about = [(root / name).is_file() for name in (_ABOUT, _STATE)]
    return (root / _SPLITS).is_file() or all(about) or (any(about) and any(root.glob("*.arrow")))


def saved_source(root: Path, name: str) -> Source:
    """The table of all splits in a saved folder; raises BadInput if a file that it lists is missing or damaged."""
    if not (root / _SPLITS).is_file():
        return Source(name, _saved_parts(root, "", ""))
    splits = _json(root / _SPLITS).get("splits")
    if not isinstance(splits, list) or not splits or not all(isinstance(s, str) for s in splits):
        raise BadInput(f"'{_SPLITS}' names no splits; save the data set again with save_to_disk")
    folders = {split: root / safe_name(split) for split in splits}
    for split, folder in folders.items():
        if not folder.is_dir():
            raise BadInput(f"the split '{shown(split)}' has no folder; copy the whole folder that save_to_disk wrote")
    return Source(name, tuple(p for s, f in folders.items() for p in _saved_parts(f, s, f"{s}/")))


def _saved_parts(folder: Path, split: str, prefix: str) -> tuple[Part, ...]:
    """The parts in one split's folder: the files in state.json in its order, or else every .arrow file.

    `prefix` stands before the file names in messages.
    """
    state = _json(folder / _STATE) if (folder / _STATE).is_file() else {}
    listed = state.get("_data_files")
    stated = [f.get("filename") for f in listed if isinstance(f, dict)] if isinstance(listed, list) else []
    names = [safe_name(n) for n in stated if isinstance(n, str)]
    if state.get("_indices_data_files") or len(names) < len(stated):
        raise BadInput(f"'{prefix}{_STATE}' is of a form that is not read; save the data set again with save_to_disk")
    names = names or sorted((p.name for p in folder.glob("*.arrow")), key=natural_key)
    for name in names:
        if not (folder / name).is_file() or not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise BadInput(f"'{shown(prefix + name)}' is missing; copy the whole folder that save_to_disk wrote")
    parts = (file_part(folder / n, prefix + n, split or ("" if listed else split_of(n))) for n in names)
    stated = _stated_features(folder)
    return tuple(replace(part, stated=stated) for part in parts)


def _stated_features(folder: Path) -> Mapping[str, Any]:
    features = _json(folder / _ABOUT).get("features") if (folder / _ABOUT).is_file() else None
    return features if isinstance(features, dict) else {}


def _json(path: Path) -> Mapping[str, Any]:
    """The object in a JSON file; raises BadInput if it holds none."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, OSError, RecursionError) as error:
        raise BadInput(f"'{path.name}' is not JSON; save the data set again with save_to_disk") from error
    if not isinstance(content, dict):
        raise BadInput(f"'{path.name}' is not a JSON object; save the data set again with save_to_disk")
    return content


def is_lance(path: Path) -> bool:
    """Whether the folder is a Lance table."""
    return (path / "_versions").is_dir() and not (path / "_versions").is_symlink()


def lance_below(root: Path) -> Path | None:
    """The folder itself if it is a Lance table, or the only table in it, as in a LanceDB database; None without one.

    Raises BadInput if the folder holds several tables.
    """
    if is_lance(root):
        return root
    tables = sorted(
        (p for p in root.glob("*.lance") if p.is_dir() and not p.is_symlink()), key=lambda p: natural_key(p.name)
    )
    if len(tables) > 1:
        names = ", ".join(f"'{shown(p.name)}'" for p in tables[:12])
        raise BadInput(f"'{shown(root.name)}' holds {len(tables)} Lance tables ({names}); give the path of one of them")
    return tables[0] if tables else None


def lance_source(path: Path, name: str) -> Source:
    """The newest version of a Lance table; raises BadInput, which calls it `name`, if it cannot be read."""
    if not is_lance(path):
        raise BadInput(f"'{shown(name)}' is not a Lance table (it has no _versions); copy the whole folder")
    with readable(name, "Lance table"), prints_held_back(), _open_lance(path) as table:
        schema, rows = table.schema, table.count_rows()
        check_columns(len(schema.names), f"'{shown(name)}'")
    return Source(name, (Part(name, schema, rows, partial(_lance_batches, path)),))


def _lance_batches(path: Path, size: int) -> Iterator[Any]:
    with _open_lance(path) as table:
        yield from _quiet(lambda: table.search().to_batches(batch_size=size))


def lance_rows(path: Path, first: int, rows: int, size: int) -> Iterator[Any]:
    """Record batches of at most `size` of the `rows` rows from `first` of a Lance table, without reading others."""
    with _open_lance(path) as table:
        yield from _quiet(lambda: table.search().offset(first).limit(rows).to_batches(batch_size=size))


def _quiet(read: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """The batches, while what panics print is held back, and not between them."""
    with prints_held_back():
        batches = iter(read())
    while True:
        with prints_held_back():
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _open_lance(path: Path) -> Iterator[Any]:
    """Open the table through a link with a plain name: LanceDB refuses names with a space or an accent."""
    import lancedb

    with scratch_folder("lance") as folder:
        (folder / "table.lance").symlink_to(path.resolve(), target_is_directory=True)
        with prints_held_back():
            table = lancedb.connect(folder).open_table("table")
        yield table
