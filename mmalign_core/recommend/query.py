"""A query in a run's space: signals to compare with items, a history of items, and their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.query_spec import QueryPart
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say, say_word

HISTORY = "history"
"""Label of the signal that a query's history makes."""


@dataclass(frozen=True)
class Signal:
    """One text or file of a query: modality -> point (k_m,) to compare with the items' places in that modality.

    `label`: its name for display. A negative `weight` prefers items unlike it. `modality`: that of the text or file;
    the reliability of the items' modalities depends on it. `medium`: the text or file as it was read. `note`: a
    sentence if little of it counts, else ''.
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

    Both are empty if the recommender does not read the part. `disliked`: numbers of items that a user rated low. They
    have no weight in the query and are not recommended.
    """

    part: QueryPart
    signal: Signal | None = None
    rows: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()


@dataclass(frozen=True)
class PlacedQuery:
    """The input of recommenders.

    `signals`: compared with the items' places. `history`: number of an item -> weight, negative for items to avoid.
    Beside signals the history weighs as much as its largest weight. `weights`: modality -> share of the score, summing
    to 1. `user`: number of a user of the fit, if the history is that user's. Each may be empty, but not all. `parts`:
    set by `of`. `notes`: what was left out, and why.
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
        """Return one query of all parts. `weights`: modality -> share of the score.

        The weight of an item or user is divided evenly among its items, so that a long history does not outweigh one
        item. The history is scaled so that its largest weight is that of the strongest such part.
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
        """Return the numbers of items not to recommend: those of the query, and of its users unless `include_seen`."""
        left = (p for p in self.parts if p.part.kind == "item" or (p.part.weight > 0 and not include_seen))
        return tuple(dict.fromkeys(row for p in left for row in (*p.rows, *p.disliked)))

    def without_modality(self, modality: str) -> Self:
        """Return the query with weight 0 for that modality. The other weights are scaled to sum to 1 again.

        All weights are 0 if it was the only one. BadInput if the query has no weights of modalities; see `weighted`.
        """
        if not self.weights:
            raise BadInput(
                say(
                    "leave out {modality}: this query names no modalities; give it weights first",
                    modality=say_word(modality),
                )
            )
        kept = {m: 0.0 if m == modality else w for m, w in self.weights.items()}
        total = sum(kept.values())
        return replace(self, weights={m: w / total for m, w in kept.items()} if total > 0 else kept)

    def weighted(self, modalities: Sequence[str]) -> Self:
        """Return the query with equal weights of these modalities, if it has none."""
        return self if self.weights else replace(self, weights={m: 1 / len(modalities) for m in modalities})

    def without_item(self, row: int) -> Self:
        """Return the query without that item in its history, as a query of an unknown user."""
        return replace(self, history={r: w for r, w in self.history.items() if r != row}, user=None)

    def without_signal(self, place: int) -> Self:
        """Return the query without that signal."""
        return replace(self, signals=self.signals[:place] + self.signals[place + 1 :])


def _user_of(parts: Sequence[PlacedPart], interactions: Interactions | None) -> int | None:
    """Return the number of the user whose history this is, or None if it has several parts or none."""
    used = [p.part for p in parts if p.rows and p.part.weight]
    if interactions is None or len(used) != 1 or used[0].kind != "user" or used[0].weight < 0:
        return None
    return interactions.users.index(used[0].value) if used[0].value in interactions.users else None
