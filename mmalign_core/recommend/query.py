"""A query in a run's space: signals to compare items with, a history of items, and how much each counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.query_spec import QueryPart
from mmalign_core.types import BadInput, Media

HISTORY = "history"
"""Label of the signal that a query's history makes."""


@dataclass(frozen=True)
class Signal:
    """One text or file of a query: modality -> the point (k_m,) that items' places in that modality are compared with.

    `label`: its name for people. A negative `weight` asks for items unlike it. `modality`: what it was made of, by
    which recommenders learn how well items' other modalities answer it. `medium`: the text or file, as it was read.
    `note`: one sentence if little of it counts, '' if not.
    """

    label: str
    points: Mapping[str, np.ndarray]
    weight: float = 1.0
    modality: str = ""
    medium: Media | None = None
    note: str = ""


@dataclass(frozen=True)
class PlacedPart:
    """A part of a query in the run's space: a `signal` of a text or file, or `rows`, the items of an item or user.

    Both are empty where the recommender does not read the part. `disliked`: numbers of items that a user met and rated
    low; they count neither for nor against, and are not recommended.
    """

    part: QueryPart
    signal: Signal | None = None
    rows: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()


@dataclass(frozen=True)
class PlacedQuery:
    """What recommenders rank items for.

    `signals` are compared with items' places. `history`: number of an item -> weight, negative for items to avoid;
    beside signals the history weighs as much as its largest weight. `weights`: modality -> share of the score, summing
    to 1. `user`: number of a user the recommender was fitted with, if the history is that user's. Any of them may be
    empty, not all. `parts`: what it was made of, if it was made by `of`; `notes`: what was left out, and why.
    """

    signals: tuple[Signal, ...] = ()
    history: Mapping[int, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    user: int | None = None
    parts: tuple[PlacedPart, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        parts: Sequence[PlacedPart],
        weights: Mapping[str, float],
        interactions: Interactions | None = None,
        notes: Sequence[str] = (),
    ) -> Self:
        """One query of all parts. `weights`: modality -> share of the score.

        An item or user shares the weight of its part evenly among its items, so that a long history does not drown one
        item. The whole is scaled so that the largest weight in the history is that of the strongest such part.
        """
        signals = tuple(replace(p.signal, weight=p.part.weight) for p in parts if p.signal)
        history: dict[int, float] = {}
        for p in parts:
            for row in p.rows:
                history[row] = history.get(row, 0.0) + p.part.weight / len(p.rows)
        strongest = max((abs(p.part.weight) for p in parts if p.rows), default=0.0)
        largest = max(map(abs, history.values()), default=0.0)
        scale = strongest / largest if largest else 0.0
        scaled = {row: weight * scale for row, weight in history.items() if weight}
        return cls(signals, scaled, weights, _user_of(parts, interactions), tuple(parts), tuple(notes))

    def excluded(self, include_seen: bool = False) -> tuple[int, ...]:
        """Numbers of items not to recommend: items of the query, and those its users have met unless `include_seen`."""
        left = (p for p in self.parts if p.part.kind == "item" or (p.part.weight > 0 and not include_seen))
        return tuple(dict.fromkeys(row for p in left for row in (*p.rows, *p.disliked)))

    def without_modality(self, modality: str) -> Self:
        """The same query with weight 0 for that modality, the others' weights scaled to sum to 1 again.

        All weights are 0 where it was the only one. BadInput if the query gives no weight to any modality: `weighted`
        gives it some.
        """
        if not self.weights:
            raise BadInput(f"leave out {modality}: this query names no modalities; give it weights first")
        kept = {m: 0.0 if m == modality else w for m, w in self.weights.items()}
        total = sum(kept.values())
        return replace(self, weights={m: w / total for m, w in kept.items()} if total > 0 else kept)

    def weighted(self, modalities: Sequence[str]) -> Self:
        """The same query with equal weights of these modalities, if it has none."""
        return self if self.weights else replace(self, weights={m: 1 / len(modalities) for m in modalities})

    def without_item(self, row: int) -> Self:
        """The same query by a user who has not met that item and whom the recommender does not know."""
        return replace(self, history={r: w for r, w in self.history.items() if r != row}, user=None)

    def without_signal(self, place: int) -> Self:
        """The same query without that signal."""
        return replace(self, signals=self.signals[:place] + self.signals[place + 1 :])


def _user_of(parts: Sequence[PlacedPart], interactions: Interactions | None) -> int | None:
    """The number of the user whose history this is; None where several parts, or none, make the history."""
    used = [p.part for p in parts if p.rows and p.part.weight]
    if interactions is None or len(used) != 1 or used[0].kind != "user" or used[0].weight < 0:
        return None
    return interactions.users.index(used[0].value) if used[0].value in interactions.users else None
