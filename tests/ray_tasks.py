"""Tasks that workers of a test's Ray cluster run: they must be importable there."""

from __future__ import annotations

import os
from typing import Any

from mmalign_core.types import BadInput


def own_pid(shared: Any, task: Any, progress: Any) -> int:
    """The worker's process."""
    return os.getpid()


def refuse(shared: Any, task: Any, progress: Any) -> None:
    """Raise the line of a model that is missing."""
    raise BadInput("the model is not here; fetch it")
