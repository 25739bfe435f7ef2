"""Folders that Hugging Face `datasets` saves to disk: a data set, or several splits of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmalign_core.data.columnar.parquet import file_part, split_of
from mmalign_core.data.columnar.source import Part, Source
from mmalign_core.data.names import natural_key, safe_name, shown
from mmalign_core.types import BadInput

_SPLITS, _ABOUT, _STATE = "dataset_dict.json", "dataset_info.json", "state.json"


def is_saved(root: Path) -> bool:
    """Whether `datasets` saved this folder; one of no rows has no .arrow file."""
    about = [(root / name).is_file() for name in (_ABOUT, _STATE)]
    return (root / _SPLITS).is_file() or all(about) or (any(about) and any(root.glob("*.arrow")))


def saved_source(root: Path, name: str) -> Source:
    """The rows of all splits; BadInput if a file that the folder names is missing or damaged."""
    if not (root / _SPLITS).is_file():
        return Source(name, _parts(root, "", ""))
    splits = _json(root / _SPLITS).get("splits")
    if not isinstance(splits, list) or not splits or not all(isinstance(s, str) for s in splits):
        raise BadInput(f"'{_SPLITS}' names no splits; save the data set again with save_to_disk")
    folders = {split: root / safe_name(split) for split in splits}
    for split, folder in folders.items():
        if not folder.is_dir():
            raise BadInput(f"the split '{shown(split)}' has no folder; copy the whole folder that save_to_disk wrote")
    return Source(name, tuple(p for s, f in folders.items() for p in _parts(f, s, f"{s}/")))


def _parts(folder: Path, split: str, prefix: str) -> tuple[Part, ...]:
    """The files that state.json lists in its order, or else every .arrow file of the folder."""
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
    stated = _features(folder)
    return tuple(replace(part, stated=stated) for part in parts)


def _features(folder: Path) -> Mapping[str, Any]:
    found = _json(folder / _ABOUT).get("features") if (folder / _ABOUT).is_file() else None
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> Mapping[str, Any]:
    """The object in a JSON file; BadInput if there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, OSError, RecursionError) as error:
        raise BadInput(f"'{path.name}' is not JSON; save the data set again with save_to_disk") from error
    if not isinstance(found, dict):
        raise BadInput(f"'{path.name}' is not a JSON object; save the data set again with save_to_disk")
    return found
