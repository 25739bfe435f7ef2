"""Aligners in four families. Each one places all modalities in one shared space, where they can be compared.

Their classes are importable from here, such as `from mmalign_core.aligners import Cca`.
"""

from typing import Any

from mmalign_core.aligners.base import ALIGNERS, Aligner, NotFitted, register

__all__ = ["ALIGNERS", "Aligner", "NotFitted", "register"]


def __getattr__(name: str) -> Any:
    """Return the class of a registered aligner by its class name, imported on first use."""
    if name[:1].isupper():
        for cls in map(ALIGNERS.get, ALIGNERS.names()):
            if cls.__name__ == name:
                return cls
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *(ALIGNERS.get(name).__name__ for name in ALIGNERS.names())])
