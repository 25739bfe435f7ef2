"""Cache of maps below the store's root, so that a restart shows them at once."""

from __future__ import annotations

import json
import logging
from dataclasses import fields
from pathlib import Path

from mmalign_core.projection import Projection
from mmalign_core.store.file_writes import write_file
from mmalign_core.types import frozen_array

_log = logging.getLogger(__name__)


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
    """Write the map whole or not at all. A store that cannot be written is logged: the map is drawn all the same."""
    from safetensors.numpy import save

    path = _path(root, key)
    values = {f.name: getattr(made, f.name) for f in fields(made) if f.name != "coordinates"}
    words = {"projection": json.dumps(values, default=dict)}
    try:
        write_file(path, save({"coordinates": made.coordinates.copy()}, metadata=words), durable=False)
    except OSError as error:
        _log.warning("the map is not kept for the next time: '%s' cannot be written (%s)", path, error.strerror)


def _path(root: Path, key: str) -> Path:
    return root / "maps" / f"{key}.safetensors"
