"""Checks of a command's output files before its work starts, so that minutes of work are not lost.

A file that an earlier command wrote is replaced, so that scripts can run again. Any other file is replaced only with
--overwrite or --force, and what the same command reads is never replaced.
"""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from mmalign_core.commands.own_files import is_made, is_page, is_report, is_table
from mmalign_core.settings import Settings
from mmalign_core.store.errors import refusal
from mmalign_core.store.file_writes import check_file, fill_file
from mmalign_core.store.ownership import is_made_folder
from mmalign_core.store.parts import remove_parts
from mmalign_core.store.places import folder_of, is_object_storage
from mmalign_core.store.start import FOLDERS
from mmalign_core.types import BadInput

_OURS: Mapping[str, Callable[[Path], bool]] = {
    "json": is_report,
    "html": is_page,
    "out": is_made,
    "csv": is_table,
    "export": is_table,
}
"""Options that name a file to write ('-' is standard output), and how a file of ours is known."""
_INPUTS = ("data", "interactions", "run_ref", "run_a", "run_b", "file", "import_")
"""Arguments that name what a command reads, besides the files of a query."""
_MEDIA = ("image", "audio", "video")
"""Kinds of parts of a query that are files."""


def check_targets(args: argparse.Namespace) -> None:
    """Raise BadInput with the first option whose file cannot be written or is another program's. Nothing is written."""
    for option in _OURS:
        out = getattr(args, option, None)
        if out == "":
            raise BadInput(f"--{option} '' names no file; name a file to write")
        if out is None or out == "-":
            continue
        _check_outside_runs(args, option)
        _check_inputs(args, option)
        if code := _refusal(Path(out)):
            raise unwritable(f"--{option}", out, os.strerror(code))
        _check_owned(args, option)
    _check_distinct(args)
    _check_saved(args)


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
    """Raise BadInput for a file inside a saved run, the folder of --save, or the store, which it would damage."""
    out = Path(os.path.realpath(getattr(args, option)))
    saved = getattr(args, "save", None)
    inside = saved is not None and out.is_relative_to(os.path.realpath(saved))
    if inside or any(is_made_folder(folder) for folder in out.parents):
        raise BadInput(f"--{option} {getattr(args, option)}: it lies inside a saved run; name a file outside of it")
    root = _store_root(args)
    if root is not None and any(out.is_relative_to(root / name) for name in FOLDERS):
        raise BadInput(f"--{option} {getattr(args, option)}: it lies inside the store; name a file outside of it")


def _check_inputs(args: argparse.Namespace, option: str) -> None:
    """Raise BadInput for a file that the command reads, or one of other programs in a folder that it reads."""
    out = Path(getattr(args, option))
    for given in _inputs(args):
        try:
            same = given.exists() and out.exists() and given.samefile(out)
            inside = given.is_dir() and Path(os.path.realpath(out)).is_relative_to(os.path.realpath(given))
            taken = inside and out.is_file() and out.stat().st_size > 0 and not _OURS[option](out)
        except (OSError, ValueError):  # a name that is none is said by who reads it
            continue
        if same or taken:
            raise BadInput(f"--{option} {out}: the same command reads that file; name another one")


def _check_saved(args: argparse.Namespace) -> None:
    """Raise BadInput for a run that would take the place of what the command reads."""
    saved = getattr(args, "save", None)
    if not saved or os.sep not in saved:
        return
    place = os.path.realpath(os.path.expanduser(saved))
    if given := next((given for given in _inputs(args) if os.path.realpath(given) == place), None):
        raise BadInput(f"--save {saved}: the same command reads '{given}'; name another folder")


def _inputs(args: argparse.Namespace) -> list[Path]:
    """The files and folders that the command was given to read; names that are none are among them."""
    named = [getattr(args, name, None) for name in _INPUTS]
    named += [value for kind, value, _ in getattr(args, "parts", ()) if kind in _MEDIA]
    flat = [each for name in named for each in (name if isinstance(name, list | tuple) else [name])]
    return [Path(os.path.expanduser(each)) for each in flat if each]


def _store_root(args: argparse.Namespace) -> Path | None:
    """The folder of the command's store; None for object storage, or a place that is none."""
    if not hasattr(args, "store"):
        return None
    given = None if is_object_storage(args.store) else args.store
    try:
        return Path(os.path.realpath(folder_of(given or Settings().root)))
    except BadInput:  # which the command says itself
        return None


def _check_owned(args: argparse.Namespace, option: str) -> None:
    check_file(Path(getattr(args, option)), _OURS[option], f"--{option}", overwrite=args.overwrite or args.force)


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
