"""Keep a torchvision that does not fit the installed torch from breaking libraries that only look for it."""

from __future__ import annotations

import importlib
import sys


def hide_broken_torchvision() -> None:
    """Call before importing transformers: where torchvision cannot be imported, it counts as not installed.

    A CPU-only torch beside the registry's torchvision fails with "operator torchvision::nms does not exist", and
    transformers, which finds the package's folder, then fails to import even its text models. None in `sys.modules`
    is Python's own way to say that a module cannot be imported.
    """
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError, OSError):
        sys.modules["torchvision"] = None  # type: ignore[assignment]
