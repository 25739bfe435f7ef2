"""Find files that come inside Python packages, without importing the packages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from mmalign_core.types import BadInput


def package_folder(module: str, needed_by: str, install: str, kind: str = "encoder") -> Path:
    """Folder of an installed package; BadInput with the `pip` command when it is missing.

    The package is located, not imported: some carry weights beside code that wants libraries we do not need.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(f"{kind} '{needed_by}' needs the package '{module}'; install it with: pip install {install}")
    return Path(next(iter(spec.submodule_search_locations)))
