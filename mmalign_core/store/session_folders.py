"""Folders of what lives with a session: below `sessions/`, one for each server, and in it one for each person.

A server writes down its process. Folders of servers that ended, were killed, or lost their machine's power are removed
by the next server that starts.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
import uuid
from contextlib import suppress
from pathlib import Path

import psutil

from mmalign_core.store.errors import make_folder, writing

FOLDER, OWNER = "sessions", "server.json"
SILENT_FOR = 86_400.0
"""Seconds after which the folder of a server on another machine counts as left; our choice: a live one touches it every
few seconds, and no clocks differ by a day."""


class SessionFolders:
    """The folders of the people that this server serves, below `root`. They are made on first use."""

    def __init__(self, root: Path) -> None:
        self.root = root / FOLDER / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"

    def of(self, visitor: str) -> Path:
        """The folder of that person; it may not exist yet."""
        return self.root / visitor

    def make(self, visitor: str) -> Path:
        """The folder of that person, made readable by the owner of this process alone."""
        with writing(self.root.parent):
            if not (self.root / OWNER).exists():
                make_folder(self.root)
                self.root.chmod(0o700)
                (self.root / OWNER).write_text(json.dumps(_this_process()))
            self.of(visitor).mkdir(exist_ok=True)
        return self.of(visitor)

    def touch(self) -> None:
        """Say that this server lives, to servers on other machines with the same store."""
        with suppress(OSError):
            os.utime(self.root / OWNER)

    def remove(self, visitor: str) -> None:
        """Delete all that lives with that person's sessions."""
        shutil.rmtree(self.of(visitor), ignore_errors=True)

    def close(self) -> None:
        """Delete all that lives with sessions of this server."""
        shutil.rmtree(self.root, ignore_errors=True)


def clear_left(root: Path) -> list[str]:
    """Delete the folders of servers that run no more; returns their names."""
    gone = []
    for owner in sorted((root / FOLDER).glob(f"*/{OWNER}")):
        if not _lives(owner):
            shutil.rmtree(owner.parent, ignore_errors=True)
            gone.append(owner.parent.name)
    return gone


def _this_process() -> dict[str, object]:
    return {"pid": os.getpid(), "started": psutil.Process().create_time(), "machine": socket.gethostname()}


def _lives(owner: Path) -> bool:
    """Whether the server that wrote the file still runs. The id of an ended process can be another's by now."""
    try:
        said = json.loads(owner.read_text())
        if said["machine"] != socket.gethostname():
            return time.time() - owner.stat().st_mtime < SILENT_FOR
        return abs(psutil.Process(said["pid"]).create_time() - said["started"]) < 1.0
    except (psutil.Error, ValueError, KeyError, TypeError, OSError):
        return False
