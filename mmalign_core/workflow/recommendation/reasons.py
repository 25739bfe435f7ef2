"""Reasons of an item's score and rank: the shares of the score, and the rank without a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.recommend import PlacedQuery
from mmalign_core.recommend.controls import ALIKE, LANGUAGE, POPULARITY
from mmalign_core.recommend.counterfactuals import MOST, knockouts, ranks_of
from mmalign_core.recommend.ranking import with_added
from mmalign_core.workflow.recommendation.answers import Answer


@dataclass(frozen=True)
class Reasons:
    """The reasons of the `score` and `rank` of `item`.

    `rank`: from 1 by score, before diversity; ties count against the item. `views`: decomposition ("modality",
    "signal", "history", …) -> label -> share, each summing to `score`. `without`: "modality", "history" or "signal" ->
    label -> the rank without that part; see `knockouts`.
    """

    item: str
    score: float
    rank: int
    views: Mapping[str, Mapping[str, float]]
    without: Mapping[str, Mapping[str, int]]

    @property
    def as_json(self) -> dict[str, Any]:
        """Return plain dictionaries."""
        return {**vars(self), "views": _plain(self.views), "without": _plain(self.without)}


def reasons(answer: Answer, item: str, *, most: int = MOST) -> Reasons:
    """Return the reasons of one item, whether or not it is in the results. BadInput if it is not in the run.

    `most`: number of items of a long history that are left out in turn, those with the greatest shares.
    """
    return every_reason(answer, (item,), most=most)[0]


def every_reason(answer: Answer, items: tuple[str, ...] = (), *, most: int = MOST) -> tuple[Reasons, ...]:
    """Return `reasons` of several items, by default of all results. Each ranking is computed once for all of them."""
    names = items or tuple(result.id for result in answer.results)
    rows = np.array([answer.items.row(name) for name in names], np.int64)
    if not len(rows):
        return ()
    every = answer.model.score([answer.placed])[0]
    added = _added(answer, names, rows, every)
    views = {view: answer.model.shares(answer.placed, rows, view) for view in answer.model.views}
    scores = every[rows] + sum(added.values(), np.zeros(len(rows)))
    ranks = knockouts(answer.model, answer.items, answer.placed, rows, answer.controls, most)
    now = ranks.pop("nothing")[""]
    return tuple(
        Reasons(
            name,
            float(scores[i]),
            int(now[i]),
            {view: with_added(shares, i, added) for view, shares in views.items()},
            {kind: {label: int(found[i]) for label, found in by_label.items()} for kind, by_label in ranks.items()},
        )
        for i, name in enumerate(names)
    )


def _added(answer: Answer, names: tuple[str, ...], rows: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Return the shares of diversity, popularity and a language model in each item's score."""
    found: dict[str, np.ndarray] = {}
    if answer.query.popularity:
        found[POPULARITY] = answer.controls.favour(scores)[rows]
    if answer.query.diversity:
        lost = {r.id: r.contributions.get(ALIKE, 0.0) for r in answer.results}
        found[ALIKE] = np.array([lost.get(name, 0.0) for name in names])
    moved = {r.id: r.contributions[LANGUAGE] for r in answer.results if LANGUAGE in r.contributions}
    if moved:
        found[LANGUAGE] = np.array([moved.get(name, 0.0) for name in names])
    return found


def _plain(nested: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: dict(inner) for name, inner in nested.items()}


class ItemRanks:
    """Ranks of one item of an answer, unchanged and after changes of the query or of the item's score.

    From 1 among the items that may be recommended, by score with popularity and before diversity; ties count against
    the item. BadInput if the item is not among the answer's items.
    """

    def __init__(self, answer: Answer, item: str) -> None:
        self.answer, self.row, self._controls = answer, answer.items.row(item), answer.controls
        self._usable = self._controls.usable(len(answer.items.ids))

    @cached_property
    def scores(self) -> np.ndarray:
        """(n,) the scores of all items for the answer's query."""
        return self.answer.model.score([self.answer.placed])[0]

    @cached_property
    def rank(self) -> int:
        """The item's rank for the answer's query."""
        return int(self._ranks(self.scores[None])[0])

    def for_queries(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (b,) the item's rank for each of these queries."""
        return self._ranks(self.answer.model.score(queries))

    def with_gains(self, gains: np.ndarray) -> np.ndarray:
        """Return (b,) the item's ranks if only its score changes, by each of `gains` (b,)."""
        scores = np.repeat(self.scores[None], len(gains), axis=0)
        scores[:, self.row] += gains
        return self._ranks(scores)

    def _ranks(self, scores: np.ndarray) -> np.ndarray:
        """Return (b,) the item's ranks by scores (b, n), with popularity added."""
        totals = (row + self._controls.favour(row) for row in scores)
        return np.array([ranks_of(total, np.array([self.row]), self._usable)[0] for total in totals])
