"""The files a command is to write, judged before its work starts: minutes of work are not for nothing.

A file that an earlier command wrote is replaced, so that scripts can run again. Any other file is kept, unless
--overwrite asks for it.
"""

from __future__ import annotations

import argparse
import csv
import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from mmalign_core.store.bundle_files import is_bundle_file
from mmalign_core.store.errors import refusal
from mmalign_core.store.ownership import MARKER, check_file, fill_file
from mmalign_core.types import BadInput
from mmalign_core.workflow import MARK_COLUMNS

GENERATOR = b'<meta name="generator" content="MMAlign">'
"""In the head of every page that --html writes."""
_EARLIER_PAGE = b"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
"""In the head of pages that were written before they named their generator."""
_HEAD = 2000
"""Bytes of a page in which its head starts; the drawn styles come after."""
_POINTS = {"item", "modality", "row", "key", "x", "y"}
"""Columns of every map that `project --out` writes."""
_REPORTS: Mapping[str, frozenset[str]] = {
    "inspect": frozenset({"items", "by_modality", "pairs", "skipped", "duplicates"}),
    "encode": frozenset({"items", "encoded", "reused", "by_modality", "skipped"}),
    "align": frozenset({"pair", "aligner", "matcher", "n_train", "metrics"}),
    "compare": frozenset({"pair", "n_train", "n_test", "matcher", "rows"}),
    "diff": frozenset({"a", "b", "difference", "queries", "drift", "choices", "data"}),
    "project": frozenset({"rows", "trustworthiness", "neighbour_overlap"}),
    "explain": frozenset({"a", "b", "score", "contributions", "method", "faithfulness"}),
    "errors": frozenset({"run", "direction", "split", "n", "queries", "missing"}),
    "evaluate": frozenset({"split", "relevant", "n_train", "n_test", "cold_items", "rows"}),
    "bench": frozenset({"bench", "cores", "seed"}),
    "bundle": frozenset({"out", "bytes", "members", "media", "encoded"}),
    "open": frozenset({"opened", "run", "media", "encoded"}),
    "verify": frozenset({"verified", "checked", "differences", "not_checked"}),
    "report": frozenset({"html", "sentence", "sections"}),
    "fetch": frozenset({"reference", "bytes", "fetched", "licence"}),
    "fetch --remove": frozenset({"removed", "bytes"}),
    "marks": frozenset({"collection", "marks", "by_kind", "outdated", "rejected"}),
    "repair": frozenset({"before", "after", "difference", "fixed", "broken", "dropped", "n_held_out"}),
    "store size": frozenset({"root", "bytes", "kinds"}),
    "store remove": frozenset({"kind", "removed", "bytes"}),
}
"""Keys that the JSON of each command has, and together no other program's."""
_ROWS: Mapping[str, frozenset[str]] = {
    "list": frozenset({"name", "summary", "params"}),
    "fetch --list": frozenset({"name", "reference", "folder", "bytes", "whole"}),
    "store list": frozenset({"kind", "key", "bytes", "about"}),
}
"""The same for those that print rows."""
_TABLES: Mapping[str, frozenset[str]] = {
    "errors": frozenset({"direction", "rank", "margin", "held_out", "chosen_id", "right_id", "suspicion", "causes"}),
}
"""Columns of the tables that --csv writes."""
_RECOMMENDED = frozenset({"id", "score", "rank", "reason", "contributions"})


def check_targets(args: argparse.Namespace) -> None:
    """BadInput names the first option whose file cannot be written, or holds what is not ours; nothing is made yet."""
    for option in _OURS:
        out = getattr(args, option, None)
        if out == "":
            raise BadInput(f"--{option} '' names no file; name a file to write")
        if out is None or out == "-":
            continue
        _check_outside_runs(args, option)
        if refused := _refusal(Path(out)):
            raise unwritable(f"--{option}", out, os.strerror(refused))
        _check_owned(args, option)


def write_target(args: argparse.Namespace, option: str, content: bytes) -> None:
    """Write the file that `option` of _OURS names; BadInput where it cannot be written, or is not ours by now."""
    fill_target(args, option, lambda file: file.write(content))


def fill_target(args: argparse.Namespace, option: str, fill: Callable[[IO[bytes]], object]) -> None:
    """The same for what `fill` writes, which may be more than memory holds."""
    out = getattr(args, option)
    try:
        _check_owned(args, option)
        fill_file(Path(out), fill)
    except OSError as error:
        raise unwritable(f"--{option}", out, error.strerror or str(error)) from error


def unwritable(option: str, out: str, reason: str) -> BadInput:
    """The error for a file that the option names and the system refuses."""
    return BadInput(f"{option} {out}: cannot be written ({reason}); name a file in a folder you may write")


def _check_outside_runs(args: argparse.Namespace, option: str) -> None:
    """BadInput for a file inside a saved run or the folder of --save: it would damage the run, or be taken for it."""
    out = Path(os.path.realpath(getattr(args, option)))
    saved = getattr(args, "save", None)
    inside = saved is not None and out.is_relative_to(os.path.realpath(saved))
    if inside or any((folder / MARKER).is_file() for folder in out.parents):
        raise BadInput(f"--{option} {getattr(args, option)}: it lies inside a saved run; name a file outside of it")


def _check_owned(args: argparse.Namespace, option: str) -> None:
    check_file(Path(getattr(args, option)), _OURS[option], f"--{option}", overwrite=args.overwrite)


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


def is_report(path: Path) -> bool:
    """Whether the file is JSON that a command printed, with all keys of one of them; an empty list holds nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if isinstance(found, list):
        return all(_has_one_of(_ROWS, row) for row in found)
    if isinstance(found, dict) and found.keys() >= {"query", "items"} and isinstance(found["items"], list):
        items = found["items"]
        return bool(items) and all(isinstance(item, dict) and item.keys() >= _RECOMMENDED for item in items)
    return _has_one_of(_REPORTS, found)


def is_page(path: Path) -> bool:
    """Whether the file is a page that `recommend --html` wrote."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return GENERATOR in head or _EARLIER_PAGE in head


def is_points(path: Path) -> bool:
    """Whether the file is a map that `project --out` wrote."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_schema(path).names) >= _POINTS
    except (pa.ArrowException, OSError):
        return False


def is_made(path: Path) -> bool:
    """Whether the file is a map that `project --out`, or a bundle that `bundle --out` wrote."""
    return is_bundle_file(path) if path.suffix == ".zip" else is_points(path)


def is_table(path: Path) -> bool:
    """Whether the file is a table that a command wrote with --csv, by the names of its columns."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error):
        return False
    return any(set(head) >= columns for columns in _TABLES.values())


def is_mark_table(path: Path) -> bool:
    """Whether the file is a table of marks that `marks --export` wrote."""
    with path.open("rb") as file:
        return file.readline(_HEAD).rstrip() == ",".join(MARK_COLUMNS).encode()


def _has_one_of(known: Mapping[str, frozenset[str]], found: Any) -> bool:
    return isinstance(found, dict) and any(found.keys() >= keys for keys in known.values())


_OURS: Mapping[str, Callable[[Path], bool]] = {
    "json": is_report,
    "html": is_page,
    "out": is_made,
    "csv": is_table,
    "export": is_mark_table,
}
"""Options that name a file to write ('-' is standard output), and how a file of ours is known."""
