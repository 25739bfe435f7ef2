"""Recommenders fitted on the items of a run and on its interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from mmalign_core.data.draft import Draft
from mmalign_core.data.interactions import read_interactions, why_none
from mmalign_core.data.names import shown
from mmalign_core.progress import within
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, Recommender, interactions_of, place_items
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, Skipped, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.recommendation.index_choice import indexed_items, placed_ids, wants_index


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
    index: str = "exact",
    store: Store | None = None,
    progress: Progress = no_progress,
) -> FittedRecommender:
    """Return the recommender of that name, fitted on the run's items and interactions, for many queries.

    `index`: one of INDEXES; an index is made once and kept in the `store`.
    """
    halves = within(progress, 0.0, 0.5), within(progress, 0.5, 1.0)
    return unfitted_recommender(run, name, params, index=index, store=store, progress=halves[0]).fit(seed, halves[1])


def unfitted_recommender(
    run: Run,
    name: str,
    params: Mapping[str, Any] | None = None,
    *,
    index: str = "exact",
    store: Store | None = None,
    progress: Progress = no_progress,
) -> FittedRecommender:
    """Return the unfitted recommender with the data of its fit; `index` and `store` as in `fit_recommender`.

    BadInput if the name or a parameter is wrong, it learns from interactions and the run has none, or it cannot use the
    index that is asked for.
    """
    model = RECOMMENDERS.create(name, **(params or {}))
    indexed = wants_index(model, len(run.collection.ids), index)
    items, table = (indexed_items(run, store, progress) if indexed else placed_items(run)), run.collection.interactions
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
    return place_items(run.result.space, tuple(placed_ids(run)))


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
