"""torchvision and torchaudio that were built for another torch: repaired, or hidden from libraries that import them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from threading import Lock

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
"""Operators whose absence stops the import, with the signatures from torchvision's compiled part."""

_mending = Lock()
_declared: list[object] = []
"""torch library objects. Declarations exist as long as their library object."""


def mend_torchvision() -> bool:
    """Make torchvision importable if only its compiled part is broken. Call it before importing open_clip or timm.

    A CPU-only torch with the standard torchvision fails with "operator torchvision::nms does not exist", since the
    compiled operators did not load. This declares them without code, so that the import succeeds. Transforms need none
    of them; an operator raises when it is called. Nothing is done if torchvision imports. Returns False if it is
    missing or broken in another way.
    """
    with _mending:
        if _imports():
            return True
        if sys.modules.get("torchvision", ...) is None or importlib.util.find_spec("torchvision") is None:
            return False
        _declare()
        return _imports()


def hide_broken_companions() -> None:
    """Make a broken torchvision or torchaudio count as not installed. Call it before transformers loads a model.

    transformers imports every installed package that it finds, so that a broken one breaks even text models.
    torchvision is repaired first if possible (`mend_torchvision`). torchaudio is a dependency of YAMNet's weights and
    not used here.
    """
    if not mend_torchvision():
        _hide("torchvision")
    with _mending:
        if not _imports("torchaudio"):
            _hide("torchaudio")


def _hide(package: str) -> None:
    """Make imports of the package fail: Python raises ImportError for modules that are None in `sys.modules`.

    An already imported transformers caches whether the package is available, so that cache is cleared.
    """
    sys.modules[package] = None  # type: ignore[assignment]
    cached = sys.modules.get("transformers.utils.import_utils")
    if cached is not None:
        getattr(cached, f"is_{package}_available").cache_clear()


def _imports(package: str = "torchvision") -> bool:
    try:
        importlib.import_module(package)
    except (ImportError, RuntimeError, OSError):
        _forget(package)
        return False
    return True


def _forget(package: str) -> None:
    """Remove the modules of a failed import, which the next import would take for the complete package."""
    for name in [name for name, module in sys.modules.items() if name.startswith(f"{package}.") and module]:
        del sys.modules[name]


def _declare() -> None:
    """Declare the missing operators."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _declared.append(library)
