"""What recommenders are asked with: signals (a text, a picture, an item …), a history, and how much each counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mmalign_core.types import BadInput

HISTORY = "history"
"""Label of the signal that a query's history makes."""


@dataclass(frozen=True)
class Signal:
    """One thing asked with: modality -> the point (k_m,) that items' places in that modality are compared with.

    A negative `weight` asks for what is unlike it. `label` names it to a person. `modality`: what it was made of, if
    that is known: how well items' other modalities answer it can then be learned from the items.
    """

    label: str
    points: Mapping[str, np.ndarray]
    weight: float = 1.0
    modality: str = ""


@dataclass(frozen=True)
class Query:
    """What the items are ranked for.

    `signals` are compared with items' places. `history`: number of an item -> weight, what a user has met or the
    query names; negative for what should not be like it; beside signals it weighs as much as its largest weight.
    `weights`: modality -> share of the score, summing to 1. `user`: number of a user the recommender was fitted with,
    if it is one. Any of them may be empty, not all.
    """

    signals: tuple[Signal, ...] = ()
    history: Mapping[int, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    user: int | None = None

    def without_modality(self, modality: str) -> Query:
        """The same question with weight 0 for that modality, the others' weights scaled to sum to 1 again.

        All weights are 0 where it was the only one. BadInput if the question gives no weight to any modality, for
        then nobody knows which there are: see `weighted`.
        """
        if not self.weights:
            raise BadInput(f"leave out {modality}: this query names no modalities; give it weights first")
        kept = {m: 0.0 if m == modality else w for m, w in self.weights.items()}
        total = sum(kept.values())
        return replace(self, weights={m: w / total for m, w in kept.items()} if total > 0 else kept)

    def weighted(self, modalities: Sequence[str]) -> Query:
        """The same question with equal weights of these modalities, if it has none."""
        return self if self.weights else replace(self, weights={m: 1 / len(modalities) for m in modalities})

    def without_item(self, row: int) -> Query:
        """The same question by somebody who has not met that item, and whom no fit knows."""
        return replace(self, history={r: w for r, w in self.history.items() if r != row}, user=None)

    def without_signal(self, place: int) -> Query:
        """The same question without that signal."""
        return replace(self, signals=self.signals[:place] + self.signals[place + 1 :])
