"""Answers: the items of a run that a recommender ranks best for a query, with the contributions to each score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.progress import within
from mmalign_core.recommend import (
    Controls,
    Interactions,
    PlacedItems,
    PlacedQuery,
    QuerySpec,
    Recommender,
    scale_weights,
    top,
)
from mmalign_core.recommend.item_index import IndexedItems
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, Recommendation, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.recommendation.filters import allowed_items
from mmalign_core.workflow.recommendation.index_choice import search_of
from mmalign_core.workflow.recommendation.queries import place_query
from mmalign_core.workflow.recommendation.recommenders import FittedRecommender, unfitted_recommender


@dataclass(frozen=True)
class Answer:
    """The results of a query, best first, and the inputs for explanations and new rankings.

    `query`: the specification. `placed`: the query in the run's space. `fitted`: the recommender. `allowed` (n,) bool:
    items that meet the query's conditions, None for all. `notes`: remarks for the user. `searched`: how the results
    were found among indexed items, as `--json` tells it; {} where all items were compared and there is no index.
    """

    query: QuerySpec
    placed: PlacedQuery
    fitted: FittedRecommender
    allowed: np.ndarray | None = None
    results: tuple[Recommendation, ...] = ()
    notes: tuple[str, ...] = ()
    searched: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> Recommender:
        """The recommender."""
        return self.fitted.model

    @property
    def items(self) -> PlacedItems:
        """The ranked items."""
        return self.fitted.items

    @property
    def interactions(self) -> Interactions | None:
        """The interactions, if there are any."""
        return self.fitted.interactions

    @property
    def controls(self) -> Controls:
        """Which items may be recommended, and the controls that change their scores."""
        met = None if self.interactions is None else self.interactions.popularity
        excluded = self.placed.excluded(self.query.include_seen)
        return Controls(excluded, self.allowed, self.query.diversity, self.query.popularity, met)

    @property
    def unlike(self) -> frozenset[str]:
        """Ids of the items whose weight in the query is negative."""
        return frozenset(self.items.ids[row] for row, weight in self.placed.history.items() if weight < 0)

    def held_shares(self, found: Recommendation) -> dict[str, float]:
        """Return the contributions to a result's score, without the modalities that the item does not have."""
        row = self.items.rows[found.id]
        lacking = {m for m in self.items.parts if not self.items.present(m)[row]}
        return {label: v for label, v in found.contributions.items() if label not in lacking or v}

    @property
    def as_json(self) -> dict[str, Any]:
        """Return the output of `recommend --json`."""
        items = [{**vars(r), "contributions": dict(r.contributions)} for r in self.results]
        more = {"notes": list(self.notes), "index": dict(self.searched)}
        return {"query": self.query.as_json, "items": items} | {name: told for name, told in more.items() if told}

    def again(
        self,
        *,
        k: int | None = None,
        weights: Mapping[str, float] | None = None,
        mix: Sequence[float] | None = None,
        diversity: float | None = None,
        popularity: float | None = None,
        include_seen: bool | None = None,
    ) -> Self:
        """Return the answer to the same query with other settings; None keeps a setting. Nothing is encoded or fitted.

        `weights`: modality -> weight. `mix`: one weight for each part of the query, in order.
        """
        given = {"k": k, "diversity": diversity, "popularity": popularity, "include_seen": include_seen}
        given |= {"weights": weights}
        query = replace(self.query, **{name: value for name, value in given.items() if value is not None})
        query = query if mix is None else query.mixed(mix)
        parts = [replace(placed, part=part) for placed, part in zip(self.placed.parts, query.parts)]
        scaled = self.placed.weights if weights is None else scale_weights(weights, tuple(self.items.parts))
        placed = PlacedQuery.of(parts, scaled, self.interactions, self.placed.notes)
        return replace(self, query=query, placed=placed).ranked()

    def ranked(self) -> Self:
        """Return the answer with its results. BadInput if no item may be recommended."""
        controls = self.controls
        if not controls.usable(len(self.items.ids)).any():
            raise BadInput(_nothing_left(self.allowed))
        if not isinstance(self.items, IndexedItems):
            return replace(self, results=tuple(top(self.model, self.items, self.placed, self.query.k, controls)))
        pool = self.items.pool(self.model, self.placed, self.query.k, controls)
        searched = search_of(self.items, pool, controls)
        rows = None if pool is None else pool.rows
        results = tuple(top(self.model, self.items, self.placed, self.query.k, controls, rows))
        return replace(self, results=results, searched=searched, notes=(*self.placed.notes, searched["words"]))


def answer(
    run: Run,
    query: QuerySpec,
    *,
    store: Store,
    recommender: str | FittedRecommender = "content",
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    index: str = "auto",
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Answer:
    """Return the answer to the query. Items of the query, and items its users have met, are not among the results.

    `recommender`: a name, with its `params`, `seed` and `index` (one of INDEXES), or a fitted one. BadInput, before any
    encoding or fit, if it cannot answer the query, with the names of recommenders that can.
    """
    fitting = within(progress, 0.5, 1.0)
    if isinstance(recommender, str):
        placing = within(progress, 0.0, 0.5)
        known = unfitted_recommender(run, recommender, params, index=index, store=store, progress=placing)
    else:
        known = recommender
    _check_weights(query.weights, known.items)
    allowed = allowed_items(run.collection, known.items.ids, query.where) if query.where else None
    placed = place_query(run, query, known, store=store, settings=settings)
    if isinstance(recommender, str):
        known.fit(seed, fitting)
    return Answer(query, placed, known, allowed, notes=placed.notes).ranked()


def recommend(run: Run, query: QuerySpec, *, store: Store, **options: Any) -> list[Recommendation]:
    """Return the results of `answer`, with the same arguments."""
    return list(answer(run, query, store=store, **options).results)


def _check_weights(weights: Mapping[str, float] | None, items: PlacedItems) -> None:
    """BadInput names a modality that the run does not hold: its weight would count for nothing."""
    for modality in weights or ():
        if modality not in items.parts:
            there = ", ".join(items.parts)
            raise BadInput(
                say(
                    "a weight for '{shown}': this run's items have places in {there}",
                    shown=shown(modality),
                    there=there,
                )
            )


def _nothing_left(allowed: np.ndarray | None) -> str:
    if allowed is not None and not allowed.any():
        return say("no item meets all conditions; relax one of them")
    which = (
        say("all items") if allowed is None else say("the {sum:,} that the conditions allow", sum=int(allowed.sum()))
    )
    return say(
        "nothing is left to recommend: {which} are in the query or met already; allow items met already", which=which
    )
