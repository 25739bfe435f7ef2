"""LanceDB tables of the store in a folder of this machine: open, create, remove and compact."""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from mmalign_core.store.errors import make_folder
from mmalign_core.store.exchanges import rename_new
from mmalign_core.store.folders import remove_folder
from mmalign_core.store.parts import new_folder, remove_parts
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

_READ_AHEAD = 256 << 20
"""Bytes that Lance reads ahead of a scan. Its own 2 GB were held while an index of 2.6 GB was built, since building is
slower than reading. Our choice: a disk gives that much in a second."""
os.environ.setdefault("LANCE_DEFAULT_IO_BUFFER_SIZE", str(_READ_AHEAD))  # it is read at the first scan

_log = logging.getLogger(__name__)


class LocalTables:
    """The LanceDB tables in the folder `database`. Call all methods inside `explained`."""

    def __init__(self, database: Path) -> None:
        self.database = database

    def location(self, name: str) -> Path:
        """The folder of the table `name`."""
        return self.database / f"{name}.lance"

    def options(self) -> dict[str, str]:
        """Options with which Lance opens the location: none for a folder."""
        return {}

    def names(self) -> list[str]:
        """Sorted names of the tables with at least one committed version."""
        return sorted(p.name.removesuffix(".lance") for p in self.database.glob("*.lance") if _committed(p))

    def holds(self, name: str) -> bool:
        """Whether the table has a folder, even a damaged one."""
        return self.location(name).is_dir()

    def open(self, name: str) -> Any | None:
        """The newest version of the table; None if none was committed."""
        if not _committed(self.location(name)):
            return None
        import lancedb

        return lancedb.connect(self.database).open_table(name)

    def bytes(self, name: str) -> int:
        """Bytes on disk."""
        return sum(p.stat().st_size for p in self.location(name).rglob("*") if p.is_file())

    def remove(self, name: str) -> None:
        """Delete a table, even a damaged one. Raises BadInput with the first entry that LanceDB did not write."""
        folder = self.location(name)
        outside = (entry for entry in sorted(folder.iterdir()) if not re.fullmatch(_LANCE, entry.name))
        inside = (entry for entry in sorted((folder / "data").glob("*")) if entry.suffix != ".lance")
        if (foreign := next(chain(outside, inside), None)) is not None:
            raise BadInput(f"'{folder}' is not deleted: '{foreign.name}' is no part of a table; move it away")
        remove_folder(folder)

    def opened(self, name: str, schema: Any) -> Any:
        """The table, which is created on first use. If several processes create it, the first wins.

        LanceDB's own creation is not safe in a folder: the second of two processes overwrites the rows of the first.
        So the empty table is created under a temporary name and renamed.
        """
        import lancedb

        table = self.open(name)
        if table is not None:
            return table
        target = self.location(name)
        make_folder(self.database)
        remove_parts(self.database)
        with new_folder(target) as part:
            lancedb.connect(part).create_table(name, schema=schema)
            with suppress(FileExistsError):
                rename_new(part / f"{name}.lance", target)
        return lancedb.connect(self.database).open_table(name)

    def tidy(self, table: Any, first: bool) -> None:
        """Compact a table with many small fragments and delete its old versions; see `compact`.

        `first`: the first call of this process, which also deletes versions that an earlier process left.
        """
        versions = self.location(table.name) / "_versions"
        left_over = first and len(list(versions.glob("*.manifest"))) > FRAGMENTS_TO_COMPACT
        compact(table, at_once=left_over)


def compact(table: Any, at_once: bool = False) -> None:
    """Compact a table that has many small fragments, or `at_once`, and delete its old versions.

    The bound grows with the rows, so that the total of rewritten rows stays a small multiple of the written rows. A
    failure is only logged: another process may be compacting the table, and it is valid without compaction.
    """
    limit = min(max(FRAGMENTS_TO_COMPACT, table.count_rows() // ROWS_PER_FRAGMENT), MOST_FRAGMENTS)
    if not at_once and table.stats()["fragment_stats"]["num_fragments"] <= limit:
        return
    try:
        table.optimize(cleanup_older_than=VERSIONS_KEPT_FOR)
    except (OSError, RuntimeError, ValueError) as error:
        _log.warning("compaction of %s was left for later: %s", table.name, error)


def _committed(folder: Path) -> bool:
    return any((folder / "_versions").glob("*.manifest"))
