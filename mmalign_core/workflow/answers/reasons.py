"""Use case: why an item stands where it stands: its score taken apart in every way, and its rank without each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mmalign_core.recommend.controls.diversity import ALIKE
from mmalign_core.recommend.controls.language_share import LANGUAGE
from mmalign_core.recommend.controls.long_tail import POPULARITY, popularity_term
from mmalign_core.recommend.knockout import MOST, knockouts
from mmalign_core.recommend.ranking import add_controls, recommendable

if TYPE_CHECKING:
    from mmalign_core.workflow.answers.recommending import Answer


@dataclass(frozen=True)
class Reasons:
    """Why `item` scores what it scores.

    `rank` from 1 by score, before diversity moved anything, ties against it. `views`: way to take the score apart
    ("modality", "signal", "history", …) -> label -> share, each summing to `score`. `without`: "modality", "history"
    or "signal" -> label -> the rank without that, all else equal; see `knockouts`.
    """

    item: str
    score: float
    rank: int
    views: Mapping[str, Mapping[str, float]]
    without: Mapping[str, Mapping[str, int]]

    @property
    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries."""
        return {**vars(self), "views": _plain(self.views), "without": _plain(self.without)}


def reasons(answer: Answer, item: str, *, most: int = MOST) -> Reasons:
    """Why that item stands where it does in the answer, whether it was found or not; BadInput if it is not in the run.

    `most`: how many items of a long history are left out in turn, those with the greatest shares.
    """
    return every_reason(answer, (item,), most=most)[0]


def every_reason(answer: Answer, items: tuple[str, ...] = (), *, most: int = MOST) -> tuple[Reasons, ...]:
    """`reasons` of several items in one go, those found if none are named: each knock-out is ranked once for all."""
    names = items or tuple(found.id for found in answer.found)
    rows = np.array([answer.items.row(name) for name in names], np.int64)
    if not len(rows):
        return ()
    every = answer.model.score([answer.asked])[0]
    controls = _controls(answer, names, rows, every)
    views = {view: answer.model.shares(answer.asked, rows, view) for view in answer.model.views}
    scores = every[rows] + sum(controls.values(), np.zeros(len(rows)))
    ranks = _ranks(answer, rows, most)
    now = ranks.pop("nothing")[""]
    return tuple(
        Reasons(
            name,
            float(scores[i]),
            int(now[i]),
            {view: add_controls(shares, i, controls) for view, shares in views.items()},
            {kind: {label: int(found[i]) for label, found in by_label.items()} for kind, by_label in ranks.items()},
        )
        for i, name in enumerate(names)
    )


def _ranks(answer: Answer, rows: np.ndarray, most: int) -> dict[str, dict[str, np.ndarray]]:
    return knockouts(
        answer.model,
        answer.items,
        answer.asked,
        rows,
        exclude=answer.exclude,
        allowed=answer.allowed,
        popularity=answer.options.popularity,
        met=answer.met,
        most=most,
    )


def _controls(answer: Answer, names: tuple[str, ...], rows: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """What diversity, popularity and a language model added to each, as the answer found it."""
    found: dict[str, np.ndarray] = {}
    if answer.options.popularity:
        usable = recommendable(len(scores), answer.exclude, answer.allowed)
        found[POPULARITY] = popularity_term(scores, usable, answer.options.popularity, answer.met)[rows]
    if answer.options.diversity:
        lost = {r.id: r.contributions.get(ALIKE, 0.0) for r in answer.found}
        found[ALIKE] = np.array([lost.get(name, 0.0) for name in names])
    moved = {r.id: r.contributions[LANGUAGE] for r in answer.found if LANGUAGE in r.contributions}
    if moved:
        found[LANGUAGE] = np.array([moved.get(name, 0.0) for name in names])
    return found


def _plain(nested: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: dict(inner) for name, inner in nested.items()}
