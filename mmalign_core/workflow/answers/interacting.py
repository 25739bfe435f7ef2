"""Use case: give a run interactions that it was made without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mmalign_core.data.draft import Draft
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.interactions import read_interactions
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Skipped
from mmalign_core.workflow.align.run import Run


def with_interactions(
    run: Run, path: str | Path, *, settings: Settings | None = None
) -> tuple[Run, tuple[Skipped, ...]]:
    """The run with the interactions of that file in place of its own, and what of the file could not be used.

    BadInput if the file is missing, is no table of user_id and item_id, or names none of the run's items.
    """
    draft = Draft(settings or Settings())
    table = read_interactions(Path(path).expanduser(), run.collection.ids, draft)
    if table.empty:
        why = f": {draft.skipped[0].reason}" if draft.skipped else ""
        raise BadInput(f"'{shown(path)}' holds no interaction with an item of this run{why}")
    collection = replace(run.collection, interactions=table, digest="")
    return replace(run, collection=collection), tuple(draft.skipped)
