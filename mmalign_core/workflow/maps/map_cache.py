"""Cache of maps below the store's root, so that a restart shows them at once."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import fields
from pathlib import Path

from mmalign_core.projection import Projection
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.types import frozen_array


def kept_map(root: Path, key: str) -> Projection | None:
    """Return the map with this key, or None if there is none or its file is damaged."""
    from safetensors import SafetensorError, safe_open

    path = _path(root, key)
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            values = json.loads((file.metadata() or {})["projection"])
            return Projection(coordinates=frozen_array(file.get_tensor("coordinates")), **values)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return None


def keep_map(root: Path, key: str, made: Projection) -> None:
    """Write the map atomically. BadInput if the store cannot be written."""
    from safetensors.numpy import save_file

    path = _path(root, key)
    folder = make_folder(path.parent)
    values = {f.name: getattr(made, f.name) for f in fields(made) if f.name != "coordinates"}
    words = {"projection": json.dumps(values, default=dict)}
    with writing(folder), tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as scratch:
        part = Path(scratch) / path.name
        save_file({"coordinates": made.coordinates.copy()}, part, metadata=words)
        os.replace(part, path)


def _path(root: Path, key: str) -> Path:
    return root / "maps" / f"{key}.safetensors"
