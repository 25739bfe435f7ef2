"""Hybrid: a weighted sum of the standardised scores of several recommenders. Held-out events give the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.params import param, parse_assignments
from mmalign_core.recommend.base import RECOMMENDERS, Recommender, register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.mixture import MOST_MEMBERS, learn_mix, parse_mix
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.recommend.splits import SPLITS
from mmalign_core.recommend.standard_scores import Member
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say


@register("hybrid")
class Hybrid(Recommender):
    """Score of an item: Σ_r w_r z_r, over recommenders r; the w_r are 0 or more and sum to 1.

    z_r is how many standard deviations r's score lies above its mean over the items r knows (Burke 2002, weighted
    hybrids). Items that r does not know, such as those without events, get 0 from r, so the other recommenders decide.
    The same holds for all items if r cannot use the history. The weights have the best NDCG@10 on held-out events;
    then every member learns from all events. `settled` holds the weights, and "why".
    """

    summary = say("Content and collaborative scores on one scale, with weights learned from held-out events")
    needs_interactions = True
    reads_places = True
    reads_signals = True
    views = ("recommender", "modality", "signal", "history")
    members: str = param(
        "content,ease", help=say("2 to 4 recommenders, such as content,ease:regularisation=200,popular")
    )
    mix: str = param("", help=say("their weights in the same order, such as 0.3,0.7; empty learns them"))
    validation: str = param(
        "auto",
        choices=("auto", *SPLITS),
        help=say(
            "how events are held out to learn the weights; auto: each user's last where all have a time, else random"
        ),
    )

    history: tuple[Mapping[str, float], ...] = ()
    """Each mix that was tried, with its NDCG@10 on the held-out events."""

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Learn the weights, then fit every member to all events. BadInput names a member that cannot be used."""
        made = self._unfitted_members()
        weights = parse_mix(self.mix, made) if self.mix else None
        self.history, why = (), "given"
        if weights is None:
            found = learn_mix(self._unfitted_members(), items, events, self.validation, seed, progress)
            weights, self.history, why = found.weights, found.tried, found.why
        for i, model in enumerate(made):
            progress(0.5 + 0.5 * i / len(made), say("fitting '{name}' to all events", name=model.name))
            model.fit(items, events, seed=seed)
        self._members = [Member(m, items, events) for m in made]
        self._weights = weights
        self.settled = {m.name: float(w) for m, w in zip(made, weights)} | {"why": why}

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        """Return (q, n): the weighted sum of the members' standardised scores."""
        found = np.zeros((len(queries), len(self._ids)))
        for weight, member in zip(self._weights, self._members):
            if weight:
                found += weight * member.standard(queries)
        return found

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        """Return shares by recommender, or by modality, signal or item. A member without this view is one share."""
        found: dict[str, np.ndarray] = {}
        for weight, member in zip(self._weights, self._members):
            if not weight:
                continue
            for label, values in member.shares(query, np.asarray(rows), view).items():
                found[label] = found.get(label, 0.0) + weight * values
        return found

    def _unfitted_members(self) -> list[Recommender]:
        """Return the unfitted members. BadInput unless they are 2 to 4 different ones and none is a hybrid."""
        named = [member.strip().split(":") for member in self.members.split(",")]
        names = [name for name, *_ in named]
        if len(set(names)) != len(names) or not 2 <= len(names) <= MOST_MEMBERS or self.name in names:
            raise BadInput(
                say(
                    "members: '{members}' must be 2 to {most_members} different ones, not hybrid itself",
                    members=self.members,
                    most_members=MOST_MEMBERS,
                )
            )
        return [RECOMMENDERS.create(name, **parse_assignments(given)) for name, *given in named]
