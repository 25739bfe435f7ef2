"""Incidents: mistakes of this program, kept with their stack in the store's log, under an id that people are shown."""

from __future__ import annotations

import os
import tempfile
import traceback
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

LOG = "errors.log"
_MOST = 2_000_000
"""Bytes from which the log begins anew, and the earlier one is kept under one other name. Our choice: weeks of it."""


class Incident(NamedTuple):
    """`id`: what stands in the log and on the page; `log`: the file, None if none could be written; `words`: the error
    in one line, without its stack."""

    id: str
    log: Path | None
    words: str


def note_incident(root: Path, error: BaseException, where: str) -> Incident:
    """Write the error with its stack to the store's log, or to one among the temporary files. `where`: what failed."""
    name = uuid.uuid4().hex[:8]
    words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"{moment} {name} {where}\n{''.join(traceback.format_exception(error))}\n"
    return Incident(name, _written(root, text), words)


def _written(root: Path, text: str) -> Path | None:
    for folder in ([root / "logs"] if root.is_dir() else []) + [Path(tempfile.gettempdir()) / "mmalign-logs"]:
        path = folder / LOG
        try:
            folder.mkdir(exist_ok=True, mode=0o700)
            if path.exists() and path.stat().st_size > _MOST:
                os.replace(path, path.with_suffix(".1.log"))
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
            return path
        except OSError:
            continue
    return None
