"""Checks of a command's output files before its work starts, so that minutes of work are not lost.

A file that an earlier command wrote is replaced, so that scripts can run again. Any other file is replaced only with
--overwrite.
"""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from mmalign_core.commands.own_files import is_made, is_page, is_report, is_table
from mmalign_core.store.errors import refusal
from mmalign_core.store.file_writes import check_file, fill_file
from mmalign_core.store.ownership import MARKER
from mmalign_core.store.parts import remove_parts
from mmalign_core.types import BadInput

_OURS: Mapping[str, Callable[[Path], bool]] = {
    "json": is_report,
    "html": is_page,
    "out": is_made,
    "csv": is_table,
    "export": is_table,
}
"""Options that name a file to write ('-' is standard output), and how a file of ours is known."""


def check_targets(args: argparse.Namespace) -> None:
    """Raise BadInput with the first option whose file cannot be written or is another program's. Nothing is written."""
    for option in _OURS:
        out = getattr(args, option, None)
        if out == "":
            raise BadInput(f"--{option} '' names no file; name a file to write")
        if out is None or out == "-":
            continue
        _check_outside_runs(args, option)
        if code := _refusal(Path(out)):
            raise unwritable(f"--{option}", out, os.strerror(code))
        _check_owned(args, option)
    _check_distinct(args)


def write_target(args: argparse.Namespace, option: str, content: bytes) -> None:
    """Write the file of `option`, one of _OURS. Raises BadInput if it fails or is another program's by now."""
    fill_target(args, option, lambda file: file.write(content))


def fill_target(args: argparse.Namespace, option: str, fill: Callable[[IO[bytes]], object]) -> None:
    """Let `fill` write the file of `option`: for content that may not fit into memory. Errors as `write_target`."""
    out = getattr(args, option)
    try:
        _check_owned(args, option)
        remove_parts(Path(os.path.realpath(out)).parent)
        fill_file(Path(out), fill)
    except OSError as error:
        raise unwritable(f"--{option}", out, error.strerror or str(error)) from error


def unwritable(option: str, out: str, reason: str) -> BadInput:
    """The error for a file that cannot be written."""
    return BadInput(f"{option} {out}: cannot be written ({reason}); name a file in a folder you may write")


def _check_distinct(args: argparse.Namespace) -> None:
    """Raise BadInput where two options name one file: the second would replace what the first wrote."""
    seen: dict[str, str] = {}
    for option in _OURS:
        out = getattr(args, option, None)
        if out is None or out == "-":
            continue
        first = seen.setdefault(os.path.realpath(out), option)
        if first != option:
            raise BadInput(f"--{option} {out}: --{first} names the same file; name another one")


def _check_outside_runs(args: argparse.Namespace, option: str) -> None:
    """Raise BadInput for a file inside a saved run or the folder of --save, which it would damage."""
    out = Path(os.path.realpath(getattr(args, option)))
    saved = getattr(args, "save", None)
    inside = saved is not None and out.is_relative_to(os.path.realpath(saved))
    if inside or any((folder / MARKER).is_file() for folder in out.parents):
        raise BadInput(f"--{option} {getattr(args, option)}: it lies inside a saved run; name a file outside of it")


def _check_owned(args: argparse.Namespace, option: str) -> None:
    check_file(Path(getattr(args, option)), _OURS[option], f"--{option}", overwrite=args.overwrite)


def _refusal(file: Path) -> int:
    """The errno with which writing the file would fail; 0 if it looks possible."""
    try:
        if file.is_dir():
            return errno.EISDIR
        if file.exists():
            return 0 if os.access(file, os.W_OK) else errno.EACCES
    except OSError as error:
        return error.errno or errno.EIO
    return refusal(file)
