"""Recommenders fitted on the items of a run and on its interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from mmalign_core.data.draft import Draft
from mmalign_core.data.interactions import read_interactions, why_none
from mmalign_core.data.names import shown
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, Recommender, interactions_of, place_items
from mmalign_core.settings import Settings
from mmalign_core.splits import items_of
from mmalign_core.types import BadInput, Progress, Skipped, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run


@dataclass(frozen=True)
class FittedRecommender:
    """A recommender with the items of a run and, if the run has them, its interactions."""

    name: str
    model: Recommender
    items: PlacedItems
    interactions: Interactions | None

    def fit(self, seed: int = 0, progress: Progress = no_progress) -> Self:
        """Return the same with its model fitted."""
        self.model.fit(self.items, self.interactions, seed=seed, progress=progress)
        return self


def fit_recommender(
    run: Run,
    name: str = "content",
    params: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    progress: Progress = no_progress,
) -> FittedRecommender:
    """Return the recommender of that name, fitted on the run's items and interactions, for many queries."""
    return unfitted_recommender(run, name, params).fit(seed, progress)


def unfitted_recommender(run: Run, name: str, params: Mapping[str, Any] | None = None) -> FittedRecommender:
    """Return the unfitted recommender with the data of its fit.

    BadInput if the name or a parameter is wrong, or it learns from interactions and the run has none.
    """
    model = RECOMMENDERS.create(name, **(params or {}))
    items, table = placed_items(run), run.collection.interactions
    interactions = None if table is None else interactions_of(table, items.ids)
    if model.needs_interactions and not interactions:
        others = ", ".join(n for n in RECOMMENDERS.names() if not RECOMMENDERS.get(n).needs_interactions)
        why = "" if table is None or len(table) else why_none(run.collection)
        lack = say("of those of this run {why}", why=why) if why else say("this run has none")
        raise BadInput(
            say(
                "'{name}' learns from interactions, and {lack}; give them with --interactions FILE "
                "(user_id,item_id) or take one of: {others}",
                name=name,
                lack=lack,
                others=others,
            )
        )
    return FittedRecommender(name, model, items, interactions)


def placed_items(run: Run) -> PlacedItems:
    """Return every item that has a place in the run's space, in the collection's order."""
    ids = run.collection.ids
    placed = np.flatnonzero(ids.among(items_of(run.result.space)))
    return place_items(run.result.space, tuple(ids.take(placed)))


def with_interactions(
    run: Run, path: str | Path, *, settings: Settings | None = None
) -> tuple[Run, tuple[Skipped, ...]]:
    """Return the run with the interactions of that file instead of its own, and the skipped rows of the file.

    BadInput if the file is missing, is no table of user_id and item_id, or names none of the run's items.
    """
    draft = Draft(settings or Settings())
    table = read_interactions(Path(path).expanduser(), run.collection.ids, draft)
    if table.empty:
        why = f": {draft.skipped[0].reason}" if draft.skipped else ""
        raise BadInput(say("'{shown}' holds no interaction with an item of this run{why}", shown=shown(path), why=why))
    notes = (*run.collection.notes, *draft.notes)
    collection = replace(run.collection, interactions=table, notes=notes, digest="")
    return replace(run, collection=collection), draft.skipped
