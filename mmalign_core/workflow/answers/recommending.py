"""Use case: a query becomes signals and a history; the items that suit it come back with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.recommend import (
    RECOMMENDERS,
    Interactions,
    PlacedItems,
    Recommender,
    interactions_of,
    place_items,
    scale_weights,
    top,
)
from mmalign_core.recommend import Query as Asked
from mmalign_core.recommend.ranking import recommendable
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, Recommendation, no_progress
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.answers.filtering import allowed_items
from mmalign_core.workflow.answers.querying import PlacedWish, Query, Wish, combined
from mmalign_core.workflow.answers.wishing import excluded, place_wishes, user_of


@dataclass(frozen=True)
class FittedRecommender:
    """A recommender that knows a run's items and, where the run has them, its interactions."""

    name: str
    model: Recommender
    items: PlacedItems
    interactions: Interactions | None


@dataclass(frozen=True)
class Options:
    """`k`: how many items; `diversity` and `popularity`: how much each counts in the order, see `recommend.top`;
    `include_seen`: also what a user asked for has met."""

    k: int = 10
    diversity: float = 0.0
    popularity: float = 0.0
    include_seen: bool = False

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BadInput(f"-k {self.k}: ask for at least 1 item")


@dataclass(frozen=True)
class Answer:
    """What was asked, what was found, and all it takes to ask why or to order it anew.

    `asked`: the query as the fitted `model` reads it; `placed`: each wish with its place; `exclude`: numbers of items
    not to show; `allowed` (n,) bool: which may be, None for all; `notes`: what a person should know about the answer.
    """

    query: Query
    found: tuple[Recommendation, ...]
    asked: Asked
    items: PlacedItems
    model: Recommender
    interactions: Interactions | None
    exclude: tuple[int, ...]
    allowed: np.ndarray | None
    options: Options
    placed: tuple[PlacedWish, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def met(self) -> np.ndarray | None:
        """(n,) by how many users each item was met; None without interactions."""
        return None if self.interactions is None else self.interactions.popularity

    def again(
        self,
        *,
        k: int | None = None,
        weights: Mapping[str, float] | None = None,
        mix: Sequence[float] | None = None,
        diversity: float | None = None,
        popularity: float | None = None,
        include_seen: bool | None = None,
    ) -> Answer:
        """The same question with other settings, without placing or fitting anything again; None keeps what was.

        `weights`: modality -> weight; `mix`: one weight a wish, in the order of `query.all`.
        """
        given = {"k": k, "diversity": diversity, "popularity": popularity, "include_seen": include_seen}
        options = replace(self.options, **{name: value for name, value in given.items() if value is not None})
        scaled = self.asked.weights if weights is None else scale_weights(weights, tuple(self.items.parts))
        placed = self.placed if mix is None else _mixed(self.placed, mix)
        query = self.query if mix is None else Query(wishes=tuple(p.wish for p in placed))
        _ = query.all
        asked = combined(placed, scaled, user_of(placed, self.interactions))
        left_out = excluded(placed, options.include_seen)
        return replace(self, query=query, asked=asked, options=options, placed=placed, exclude=left_out)._ranked()

    def _ranked(self) -> Answer:
        """The same with what is found under its settings; BadInput if no item is left to find."""
        usable = recommendable(len(self.items.ids), self.exclude, self.allowed)
        if not usable.any():
            raise BadInput(_nothing_left(self.allowed))
        found = top(
            self.model,
            self.items,
            self.asked,
            self.options.k,
            exclude=self.exclude,
            allowed=self.allowed,
            diversity=self.options.diversity,
            popularity=self.options.popularity,
            met=self.met,
        )
        return replace(self, found=tuple(found))


def answer(
    run: Run,
    query: Query,
    *,
    store: Store,
    k: int = 10,
    weights: Mapping[str, float] | None = None,
    recommender: str = "content",
    params: Mapping[str, Any] | None = None,
    diversity: float = 0.0,
    popularity: float = 0.0,
    where: Sequence[str] = (),
    include_seen: bool = False,
    seed: int = 0,
    fitted: FittedRecommender | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Answer:
    """The k items of the run that suit the query; items asked with and a user's history are left out.

    `where`: conditions on items, see `filtering.allowed_items`; `fitted`: a recommender to ask instead of fitting one
    by name. BadInput says what cannot be answered, and by whom it can, before anything is placed or fitted.
    """
    options = Options(k, diversity, popularity, include_seen)
    known = fitted or _unfitted(run, recommender, params)
    items, scaled = known.items, scale_weights(_known(weights, known.items), tuple(known.items.parts))
    allowed = allowed_items(run.collection, items.ids, tuple(where)) if where else None
    asking = place_wishes(run, query, items, known.interactions, known.model, store=store, settings=settings)
    if fitted is None:
        known.model.fit(items, known.interactions, seed=seed, progress=progress)
    asked = combined(asking.placed, scaled, asking.user)
    left_out = excluded(asking.placed, include_seen)
    whole = Answer(query, (), asked, items, known.model, known.interactions, left_out, allowed, options, asking.placed)
    return replace(whole, notes=asking.notes)._ranked()


def recommend(run: Run, query: Query, *, store: Store, **options: Any) -> list[Recommendation]:
    """What `answer` finds, with the same arguments."""
    return list(answer(run, query, store=store, **options).found)


def fit_recommender(
    run: Run,
    name: str = "content",
    params: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    progress: Progress = no_progress,
) -> FittedRecommender:
    """The recommender of that name fitted on the run's items and interactions, to be asked many times."""
    fitted = _unfitted(run, name, params)
    fitted.model.fit(fitted.items, fitted.interactions, seed=seed, progress=progress)
    return fitted


def placed_items(run: Run) -> PlacedItems:
    """Every item that has a place in the run's space."""
    placed = {item for rows in run.result.space.values() for item in rows.ids}
    return place_items(run.result.space, tuple(i for i in run.collection.ids if i in placed))


def as_json(answer: Answer) -> dict[str, Any]:
    """What `recommend --json` prints."""
    items = [{**vars(r), "contributions": dict(r.contributions)} for r in answer.found]
    notes = {"notes": list(answer.notes)} if answer.notes else {}
    return {"query": _query_json(answer.query.all), "items": items, **notes}


def _unfitted(run: Run, name: str, params: Mapping[str, Any] | None) -> FittedRecommender:
    """BadInput if the name or a parameter is wrong, or it learns from interactions and the run has none."""
    model = RECOMMENDERS.create(name, **(params or {}))
    items, table = placed_items(run), run.collection.interactions
    interactions = None if table is None else interactions_of(table, items.ids)
    if model.needs_interactions and not interactions:
        others = ", ".join(n for n in RECOMMENDERS.names() if not RECOMMENDERS.get(n).needs_interactions)
        raise BadInput(
            f"'{name}' learns from who met what, and this run has no interactions; give them with "
            f"--interactions FILE (user_id,item_id) or take one of: {others}"
        )
    return FittedRecommender(name, model, items, interactions)


def _known(weights: Mapping[str, float] | None, items: PlacedItems) -> Mapping[str, float] | None:
    """The weights; BadInput names one of a modality that the run does not hold, which would count for nothing."""
    for name in weights or ():
        if name not in items.parts:
            raise BadInput(f"a weight for '{shown(name)}': this run's items have places in {', '.join(items.parts)}")
    return weights


def _nothing_left(allowed: np.ndarray | None) -> str:
    if allowed is not None and not allowed.any():
        return "no item meets all conditions; relax one of them"
    which = "all items" if allowed is None else f"the {int(allowed.sum()):,} that the conditions allow"
    return f"nothing is left to recommend: {which} are asked with or met already; allow what was met already"


def _mixed(placed: Sequence[PlacedWish], mix: Sequence[float]) -> tuple[PlacedWish, ...]:
    if len(mix) != len(placed):
        raise BadInput(f"the mix has {len(mix)} weights for {len(placed)} wishes; give one each")
    return tuple(replace(p, wish=replace(p.wish, weight=float(w))) for p, w in zip(placed, mix))


def _query_json(wishes: Sequence[Wish]) -> dict[str, Any]:
    if len(wishes) == 1 and wishes[0].weight == 1:
        return {wishes[0].kind: wishes[0].value}
    return {"wishes": [dict(vars(wish)) for wish in wishes]}
