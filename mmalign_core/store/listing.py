"""The list of runs: a LanceDB table with one row per saved run, so that browsing and comparing opens no folder."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from mmalign_core.store import tables
from mmalign_core.store.errors import explained
from mmalign_core.store.folders import plain
from mmalign_core.store.runs import HEAD, RunSummary, read_run_summary, summary_of
from mmalign_core.types import BadInput

TABLE = "runs"
_log = logging.getLogger(__name__)


class RunList:
    """Runs saved through the store, also those whose folder lies elsewhere."""

    def __init__(self, database: Path, folder: Path) -> None:
        self.database, self.folder = database, folder

    def add(self, summary: RunSummary, folder: Path) -> None:
        """List the run saved at `folder`; a later row of one id replaces the earlier one."""
        import pyarrow as pa

        head = summary.head()
        plain_columns = {k: head[k] for k in ("id", "created", "aligner", "similarity", "correction", "matcher")}
        row = plain_columns | {"folder": str(folder), "record": json.dumps(head, default=plain)}
        place = tables.table_folder(self.database, TABLE)
        with explained(place):
            table = tables.append(self.database, TABLE, pa.table({k: pa.array([v]) for k, v in row.items()}))
            tables.tidy(table, place, first=False)

    def remove(self, run_id: str) -> None:
        """Take a run off the list; its folder stays."""
        with explained(tables.table_folder(self.database, TABLE)):
            table = tables.open_table(self.database, TABLE)
            if table is not None:
                table.delete(f"id = '{run_id}'")

    def all(self) -> list[RunSummary]:
        """Newest first. A run deleted by hand is left out; one whose writer was killed before listing it is found."""
        found = {run.id: run for run in self._listed() if (Path(run.folder) / HEAD).is_file()}
        for head in self.folder.glob(f"[!.]*/{HEAD}"):
            if head.parent.name not in found:
                found |= _readable(head.parent)
        return sorted(found.values(), key=lambda run: (run.created, run.id), reverse=True)

    def _listed(self) -> list[RunSummary]:
        with explained(tables.table_folder(self.database, TABLE)):
            table = tables.open_table(self.database, TABLE)
            rows = [] if table is None else table.search().select(["folder", "record"]).to_arrow().to_pylist()
            return [summary_of(json.loads(row["record"]), row["folder"]) for row in rows]


def _readable(folder: Path) -> dict[str, RunSummary]:
    """Id -> summary of the run there; a damaged one must not hide the others, so it is only logged."""
    try:
        return {folder.name: read_run_summary(folder)}
    except BadInput as error:
        _log.warning("%s", error)
        return {}
