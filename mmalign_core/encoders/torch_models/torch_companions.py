"""torchvision and torchaudio beside a torch that they were not built for: mended, or hidden from what imports them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from threading import Lock

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
"""Operators whose absence stops the import, as torchvision's own compiled part declares them."""

_mending = Lock()
_declared: list[object] = []
"""Declarations last as long as the library object that made them."""


def mend_torchvision() -> bool:
    """Call before importing open_clip or timm: makes torchvision importable where only its compiled part is broken.

    A CPU-only torch beside the registry's torchvision fails with "operator torchvision::nms does not exist": the
    compiled operators did not load, and what describes them has nothing to describe. Declared without code, they let
    the import pass; its transforms, which need none of them, then work, and an operator itself raises when called.
    Where torchvision imports, nothing is done. False if it is missing or broken in another way.
    """
    with _mending:
        if _imports():
            return True
        if sys.modules.get("torchvision", ...) is None or importlib.util.find_spec("torchvision") is None:
            return False
        _declare()
        return _imports()


def hide_broken_companions() -> None:
    """Call before transformers loads a model: a torchvision or torchaudio that fails to import counts as not installed.

    transformers finds a package by its folder and imports it; a broken one then breaks even the text models.
    A broken torchvision is mended where it can be (`mend_torchvision`). torchaudio comes with YAMNet's weights and is
    not used here.
    """
    if not mend_torchvision():
        _hide("torchvision")
    with _mending:
        if not _imports("torchaudio"):
            _hide("torchaudio")


def _hide(package: str) -> None:
    """None in `sys.modules` is Python's own way to say that a module cannot be imported.

    A transformers that was imported before keeps the answer whether the package is there, so that answer is dropped.
    """
    sys.modules[package] = None  # type: ignore[assignment]
    kept = sys.modules.get("transformers.utils.import_utils")
    if kept is not None:
        getattr(kept, f"is_{package}_available").cache_clear()


def _imports(package: str = "torchvision") -> bool:
    try:
        importlib.import_module(package)
    except (ImportError, RuntimeError, OSError):
        _forget(package)
        return False
    return True


def _forget(package: str) -> None:
    """Drop what a failed import left, which would otherwise pass for the whole package the next time."""
    for name in [name for name, module in sys.modules.items() if name.startswith(f"{package}.") and module]:
        del sys.modules[name]


def _declare() -> None:
    """Declare the operators that are not there."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _declared.append(library)
