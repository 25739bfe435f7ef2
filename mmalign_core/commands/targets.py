"""The files a command is to write, judged before its work starts: minutes of work are not for nothing."""

from __future__ import annotations

import argparse
import errno
import os
from pathlib import Path

from mmalign_core.store.errors import refusal
from mmalign_core.types import BadInput

TARGETS = ("json", "html", "out")
"""Options that name a file to write; '-' is standard output."""


def check_targets(args: argparse.Namespace) -> None:
    """BadInput names the first option whose file cannot be written, and why; nothing is made yet."""
    for option in TARGETS:
        out = getattr(args, option, None)
        if out == "":
            raise BadInput(f"--{option} '' names no file; name a file to write")
        if out is not None and out != "-" and (refused := _refusal(Path(out))):
            raise unwritable(f"--{option}", out, os.strerror(refused))


def unwritable(option: str, out: str, reason: str) -> BadInput:
    """The error for a file that the option names and the system refuses."""
    return BadInput(f"{option} {out}: cannot be written ({reason}); name a file in a folder you may write")


def _refusal(file: Path) -> int:
    """The system's number for why this file could not be written, 0 when it seems it can."""
    try:
        if file.is_dir():
            return errno.EISDIR
        if file.exists():
            return 0 if os.access(file, os.W_OK) else errno.EACCES
    except OSError as error:
        return error.errno or errno.EIO
    return refusal(file)
