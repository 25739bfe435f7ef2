"""Opening LanceDB tables under the store's folder, keeping them compact, and saying in one line what is wrong."""

from __future__ import annotations

import errno
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from mmalign_core.types import BadInput

CREATE_ATTEMPTS = 5
FRAGMENTS_TO_COMPACT = 64
ROWS_PER_FRAGMENT = 64
MOST_FRAGMENTS = 4096
VERSIONS_KEPT_FOR = timedelta(minutes=2)
"""A reader opens the newest version for each call, so older ones are needed only while a call lasts."""

UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOTDIR}
_log = logging.getLogger(__name__)


def unwritable(folder: Path, reason: str) -> BadInput:
    """The error for a folder that cannot be written."""
    return BadInput(f"cannot write to the store folder '{folder}': {reason}; free it or choose another (--store)")


def system_code(error: Exception) -> int:
    """The system's error number, also where a Rust library put it into its message; 0 when there is none."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = re.search(r"\(os error (\d+)\)|code: (\d+)", str(error))
    return int(found[1] or found[2]) if found else 0


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turns what LanceDB and the system raise about `folder` into BadInput: unwritable, or damaged and the cure."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        # A panic in LanceDB's Rust part has a class of its own that cannot be imported.
        if not isinstance(error, (OSError, RuntimeError, ValueError)) and type(error).__name__ != "RustPanic":
            raise
        if system_code(error) in UNWRITABLE:
            raise unwritable(folder, os.strerror(system_code(error))) from error
        reason = " ".join(str(error).split())[:160]
        raise BadInput(
            f"'{folder}' is damaged ({reason}); delete that folder and run again: only what it held is made anew"
        ) from error


def make_folder(folder: Path) -> Path:
    """The folder, made when absent; BadInput when a file is in the way or it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error
    return folder


def table_folder(database: Path, name: str) -> Path:
    """Where LanceDB keeps the table `name`."""
    return database / f"{name}.lance"


def table_names(database: Path) -> list[str]:
    """Names of the tables that hold at least one committed version, sorted."""
    return sorted(p.name.removesuffix(".lance") for p in database.glob("*.lance") if _committed(p))


def open_table(database: Path, name: str) -> Any | None:
    """The newest version of the table, or None when none was ever committed. Call inside `explained`."""
    if not _committed(table_folder(database, name)):
        return None
    import lancedb

    return lancedb.connect(database).open_table(name)


def append(database: Path, name: str, rows: Any) -> Any:
    """Add a pyarrow table in one commit, making the LanceDB table on first use; returns the table.

    Appends of several processes never conflict; only the making of the table can, and is then tried again.
    """
    import lancedb

    connection = lancedb.connect(make_folder(database))
    for attempt in range(CREATE_ATTEMPTS):
        try:
            table = connection.create_table(name, schema=rows.schema, exist_ok=True)
            break
        except (ValueError, RuntimeError):
            if attempt == CREATE_ATTEMPTS - 1 or not _committed(table_folder(database, name)):
                raise
    table.add(rows)
    return table


def tidy(table: Any, folder: Path, first: bool) -> None:
    """Compact a table of many small fragments and drop superseded versions; `first`: of this process.

    The bound grows with the rows, so that the rows rewritten in total stay a small multiple of the rows written.
    What an earlier process superseded too late to drop itself goes on the first call.
    Failing is not an error: another process may be doing the same, and the table is right either way.
    """
    limit = min(max(FRAGMENTS_TO_COMPACT, table.count_rows() // ROWS_PER_FRAGMENT), MOST_FRAGMENTS)
    fragmented = table.stats()["fragment_stats"]["num_fragments"] > limit
    left_over = first and len(list((folder / "_versions").glob("*.manifest"))) > FRAGMENTS_TO_COMPACT
    if not (fragmented or left_over):
        return
    try:
        table.optimize(cleanup_older_than=VERSIONS_KEPT_FOR)
    except (OSError, RuntimeError, ValueError) as error:
        _log.warning("compaction of %s was left for later: %s", table.name, error)


def drop(database: Path, name: str) -> None:
    """Remove the table with all its versions."""
    import lancedb

    lancedb.connect(database).drop_table(name)


def _committed(folder: Path) -> bool:
    return any((folder / "_versions").glob("*.manifest"))
