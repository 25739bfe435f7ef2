"""LanceDB tables under the store's folder: opening, appending, keeping them compact."""

from __future__ import annotations

import logging
import re
import shutil
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from mmalign_core.store.errors import make_folder
from mmalign_core.store.folders import clear_abandoned, part_of, remove_folder, rename_new
from mmalign_core.types import BadInput

FRAGMENTS_TO_COMPACT = 64
ROWS_PER_FRAGMENT = 64
MOST_FRAGMENTS = 4096
"""A table is compacted when it has more fragments than FRAGMENTS_TO_COMPACT and than one for ROWS_PER_FRAGMENT rows, at
the latest with MOST_FRAGMENTS. Chosen: the rewriting stays a small share of the writing, and a read opens few files."""
VERSIONS_KEPT_FOR = timedelta(minutes=2)
"""A reader opens the newest version for each call, so older ones are needed only while a call lasts."""

_LANCE = r"data|_[a-z_]+(\.manifest)?"
"""What the format Lance keeps right in a table's folder: data, _versions, _transactions, _latest.manifest and more."""

_log = logging.getLogger(__name__)


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


def remove_table(folder: Path) -> None:
    """Delete a table, also a damaged one. BadInput names the first entry that LanceDB did not write."""
    found = (entry for entry in sorted(folder.iterdir()) if not re.fullmatch(_LANCE, entry.name))
    inside = (entry for entry in sorted((folder / "data").glob("*")) if entry.suffix != ".lance")
    if (foreign := next(chain(found, inside), None)) is not None:
        raise BadInput(f"'{folder}' is not deleted: '{foreign.name}' is no part of a table; move it away")
    remove_folder(folder)


def append(database: Path, name: str, rows: Any) -> Any:
    """Add a pyarrow table in one commit, making the LanceDB table on first use; returns the table.

    Appends of several processes never conflict.
    """
    table = open_table(database, name)
    if table is None:
        table = _create(database, name, rows.schema)
    table.add(rows)
    return table


def _create(database: Path, name: str, schema: Any) -> Any:
    """The empty table, made aside and renamed into place; of several makers the first wins.

    Two processes that let LanceDB make one table at once would not do: the second overwrites what the first added.
    """
    import lancedb

    target = table_folder(make_folder(database), name)
    part = part_of(target)
    try:
        clear_abandoned(database)
        lancedb.connect(part).create_table(name, schema=schema)
        with suppress(FileExistsError):
            rename_new(table_folder(part, name), target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return lancedb.connect(database).open_table(name)


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


def _committed(folder: Path) -> bool:
    return any((folder / "_versions").glob("*.manifest"))
