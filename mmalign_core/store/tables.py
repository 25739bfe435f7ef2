"""LanceDB tables in the store: open, append, remove and compact."""

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
"""A table is compacted if it has more than FRAGMENTS_TO_COMPACT fragments and more than one per ROWS_PER_FRAGMENT rows,
or more than MOST_FRAGMENTS. Chosen: rewriting stays a small share of writing, and a read opens few files."""
VERSIONS_KEPT_FOR = timedelta(minutes=2)
"""Age at which old versions are deleted. Chosen: each call opens the newest version and takes seconds."""

_LANCE = r"data|_[a-z_]+(\.manifest)?"
"""Pattern of the entries of a Lance table's folder: data, _versions, _transactions, _latest.manifest and others."""

_log = logging.getLogger(__name__)


def table_folder(database: Path, name: str) -> Path:
    """The folder of the LanceDB table `name`."""
    return database / f"{name}.lance"


def table_names(database: Path) -> list[str]:
    """Sorted names of the tables with at least one committed version."""
    return sorted(p.name.removesuffix(".lance") for p in database.glob("*.lance") if _committed(p))


def open_table(database: Path, name: str) -> Any | None:
    """The newest version of the table; None if none was committed. Call it inside `explained`."""
    if not _committed(table_folder(database, name)):
        return None
    import lancedb

    return lancedb.connect(database).open_table(name)


def remove_table(folder: Path) -> None:
    """Delete a table, even a damaged one. Raises BadInput with the first entry that LanceDB did not write."""
    outside = (entry for entry in sorted(folder.iterdir()) if not re.fullmatch(_LANCE, entry.name))
    inside = (entry for entry in sorted((folder / "data").glob("*")) if entry.suffix != ".lance")
    if (foreign := next(chain(outside, inside), None)) is not None:
        raise BadInput(f"'{folder}' is not deleted: '{foreign.name}' is no part of a table; move it away")
    remove_folder(folder)


def append(database: Path, name: str, rows: Any) -> Any:
    """Append a pyarrow table in one commit and return the LanceDB table, which is created on first use.

    Appends of several processes do not conflict.
    """
    table = open_table(database, name)
    if table is None:
        table = _create(database, name, rows.schema)
    table.add(rows)
    return table


def _create(database: Path, name: str, schema: Any) -> Any:
    """Create the empty table under a temporary name and rename it. If several processes do so, the first wins.

    LanceDB's own creation is not safe here: the second of two processes overwrites the rows of the first.
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
    """Compact a table with many small fragments and delete its old versions. `first`: the first call of this process.

    The bound grows with the rows, so that the total of rewritten rows stays a small multiple of the written rows. The
    first call also deletes versions that an earlier process left. A failure is only logged: another process may be
    compacting the table, and it is valid without compaction.
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
