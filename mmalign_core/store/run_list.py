"""The list of runs that were saved through the store, in its folder or elsewhere."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from mmalign_core.store.errors import explained
from mmalign_core.store.folders import plain
from mmalign_core.store.runs import HEAD, RunSummary, read_run_summary, summary_of
from mmalign_core.store.tables import LocalTables
from mmalign_core.types import BadInput

TABLE = "runs"
_log = logging.getLogger(__name__)


class RunList:
    """The list of runs saved through the store, in its folder or elsewhere."""

    def __init__(self, database: Path, folder: Path) -> None:
        self.tables, self.folder = LocalTables(database), folder

    def add(self, summary: RunSummary, folder: Path) -> None:
        """Add the run saved at `folder`. A later row of one id replaces the earlier one."""
        import pyarrow as pa

        head = summary.head()
        plain_columns = {k: head[k] for k in ("id", "created", "aligner", "similarity", "correction", "matcher")}
        row = plain_columns | {"folder": str(folder), "record": json.dumps(head, default=plain)}
        rows = pa.table({k: pa.array([v]) for k, v in row.items()})
        with explained(self.tables.location(TABLE)):
            table = self.tables.opened(TABLE, rows.schema)
            table.add(rows)
            self.tables.tidy(table, first=False)

    def remove(self, run_id: str) -> None:
        """Remove a run from the list. Its folder stays."""
        with explained(self.tables.location(TABLE)):
            table = self.tables.open(TABLE)
            if table is not None:
                table.delete(f"id = '{run_id}'")

    def all(self) -> list[RunSummary]:
        """All runs, newest first. Deleted runs are left out; unlisted runs in the store's folder are included."""
        runs = {run.id: run for run in self._listed() if (Path(run.folder) / HEAD).is_file()}
        for head in self.folder.glob(f"[!.]*/{HEAD}"):
            if head.parent.name not in runs:
                runs |= _readable(head.parent)
        return sorted(runs.values(), key=lambda run: (run.created, run.id), reverse=True)

    def _listed(self) -> list[RunSummary]:
        with explained(self.tables.location(TABLE)):
            table = self.tables.open(TABLE)
            rows = [] if table is None else table.search().select(["folder", "record"]).to_arrow().to_pylist()
            return [summary_of(json.loads(row["record"]), row["folder"]) for row in rows]


def _readable(folder: Path) -> dict[str, RunSummary]:
    """Id -> summary of the run in the folder; {} if it is damaged, which is logged and does not hide other runs."""
    try:
        return {folder.name: read_run_summary(folder)}
    except BadInput as error:
        _log.warning("%s", error)
        return {}
