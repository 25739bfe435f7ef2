"""MMAlign: align texts, pictures, sounds and videos in one space, and evaluate and explain the result.

In a notebook: `import mmalign_core as mm`, then `mm.align({"image": X, "text": Y}, "cca", test=0.2)`.
Importing this package is cheap: the names below, torch, faiss, umap and lancedb are loaded on first use.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from mmalign_core.version import __version__

if TYPE_CHECKING:
    from mmalign_core.notebook.alignment import align, demo, load
    from mmalign_core.notebook.reports import Estimate, RunReport
    from mmalign_core.notebook.runs import AlignedRun
    from mmalign_core.types import BadInput

_FACE = {
    "align": "notebook.alignment",
    "demo": "notebook.alignment",
    "load": "notebook.alignment",
    "AlignedRun": "notebook.runs",
    "Estimate": "notebook.reports",
    "RunReport": "notebook.reports",
    "BadInput": "types",
}
"""Name -> the module below this package that holds it."""
__all__ = ["AlignedRun", "BadInput", "Estimate", "RunReport", "__version__", "align", "demo", "load"]

# OpenMP threads that wait for work spin by default and take cores from working threads: on a busy machine a fit took
# 320 s instead of 54 s. torch and faiss read the variable when they load, so it is set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'mmalign_core' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_FACE[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_FACE])
