"""Checks of a command's output files before its work starts, so that minutes of work are not lost.

A file that an earlier command wrote is replaced, so that scripts can run again. Any other file is replaced only with
--overwrite.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mmalign_core.store.errors import refusal
from mmalign_core.store.ownership import MARKER, check_file, write_file
from mmalign_core.types import BadInput

GENERATOR = b'<meta name="generator" content="MMAlign">'
"""Text in the head of every page that --html writes."""
_EARLIER_PAGE = b"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
"""Text in the head of pages of earlier versions, which do not name their generator."""
_HEAD = 2000
"""Bytes from the start of a page in which its head lies. Chosen: the styles come after them."""
_POINTS = {"item", "modality", "row", "key", "x", "y"}
"""Columns of every file that `project --out` writes."""
_REPORTS: Mapping[str, frozenset[str]] = {
    "inspect": frozenset({"items", "by_modality", "pairs", "skipped", "duplicates"}),
    "encode": frozenset({"items", "encoded", "reused", "by_modality", "skipped"}),
    "align": frozenset({"pair", "aligner", "matcher", "n_train", "metrics"}),
    "compare": frozenset({"pair", "n_train", "n_test", "matcher", "rows"}),
    "project": frozenset({"rows", "trustworthiness", "neighbour_overlap"}),
    "explain": frozenset({"a", "b", "score", "contributions", "method", "faithfulness"}),
    "evaluate": frozenset({"split", "relevant", "n_train", "n_test", "cold_items", "rows"}),
    "bench": frozenset({"bench", "cores", "seed"}),
    "fetch": frozenset({"reference", "bytes", "fetched", "licence"}),
    "fetch --remove": frozenset({"removed", "bytes"}),
    "store size": frozenset({"root", "bytes", "kinds"}),
    "store remove": frozenset({"kind", "removed", "bytes"}),
}
"""Command -> keys of its JSON, by which a file is recognised."""
_ROWS: Mapping[str, frozenset[str]] = {
    "list": frozenset({"name", "summary", "params"}),
    "fetch --list": frozenset({"name", "reference", "folder", "bytes", "whole"}),
    "store list": frozenset({"kind", "key", "bytes", "about"}),
}
"""The same for commands that write a list of rows."""
_RECOMMENDED = frozenset({"id", "score", "rank", "reason", "contributions"})


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


def write_target(args: argparse.Namespace, option: str, content: bytes) -> None:
    """Write the file of `option` (json, html or out). Raises BadInput if it fails or is another program's by now."""
    out = getattr(args, option)
    try:
        _check_owned(args, option)
        write_file(Path(out), content)
    except OSError as error:
        raise unwritable(f"--{option}", out, error.strerror or str(error)) from error


def unwritable(option: str, out: str, reason: str) -> BadInput:
    """The error for a file that cannot be written."""
    return BadInput(f"{option} {out}: cannot be written ({reason}); name a file in a folder you may write")


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


def is_report(path: Path) -> bool:
    """Whether the file is JSON with all keys of a command's output, or an empty list, which holds nothing to lose."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    if isinstance(content, list):
        return all(_has_one_of(_ROWS, row) for row in content)
    if isinstance(content, dict) and content.keys() >= {"query", "items"} and isinstance(content["items"], list):
        items = content["items"]
        return bool(items) and all(isinstance(item, dict) and item.keys() >= _RECOMMENDED for item in items)
    return _has_one_of(_REPORTS, content)


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


def _has_one_of(known: Mapping[str, frozenset[str]], content: Any) -> bool:
    return isinstance(content, dict) and any(content.keys() >= keys for keys in known.values())


_OURS: Mapping[str, Callable[[Path], bool]] = {"json": is_report, "html": is_page, "out": is_points}
"""Option that names an output file -> whether an existing file is a command's output."""
