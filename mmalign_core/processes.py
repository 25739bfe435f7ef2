"""Processes of Python that run a module of this package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
"""The folder that holds mmalign_core: a process finds it too, wherever this one was started."""


def start_python(module: str, *arguments: str, **ways: Any) -> subprocess.Popen[Any]:
    """Start `python -m module arguments…`, with nothing to read. `ways`: as `subprocess.Popen`. Raises OSError."""
    search = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": search}, **ways)
