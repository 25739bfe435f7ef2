"""What a bundle says besides the run: the versions that made it, and the map of its space."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mmalign_core.projection import Projection
from mmalign_core.store.array_files import write_arrays
from mmalign_core.store.folders import write_json
from mmalign_core.version import __version__

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "onnxruntime")
"""Packages whose versions can move a number, where they are installed."""


def made_by() -> dict[str, str]:
    """Name -> version of MMAlign, Python and the packages that compute."""
    found = {"mmalign": __version__, "python": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_map(folder: Path, drawn: Projection) -> None:
    """Write the map's coordinates, and in words what made it and how good it is; how long it took is left out."""
    folder.mkdir()
    names = ("params", "seed", "trustworthiness", "neighbour_overlap", "quality_n", "quality_k")
    write_json(folder / "map.json", {name: getattr(drawn, name) for name in names} | {"params": dict(drawn.params)})
    write_arrays(folder / "map.safetensors", {"coordinates": drawn.coordinates})
