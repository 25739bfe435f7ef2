"""Weights of several recommenders in a mixture, learned from held-out events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.held_out import K, mean_ndcg
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.recommend.splits import split_events
from mmalign_core.recommend.standard_scores import Member
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say

MOST_MEMBERS = 4
"""Most recommenders in one mixture. The number of mixes to try grows with it, as below."""
STEPS = 10
"""Weights are tried in tenths: 11 mixes of two recommenders, 66 of three, 286 of four. Our choice."""
HELD_OUT = 0.2
"""Share of the events held out to choose the mix, as in `evaluate`."""
AT_ONCE = 1 << 23
"""Scores of one member for validation (64 MB): as many users as fit, drawn by the seed."""


@dataclass(frozen=True)
class Mix:
    """`weights` (members,), `tried`: each mix with its "ndcg@10", and `why`: the reason for these weights."""

    weights: np.ndarray
    tried: tuple[Mapping[str, float], ...]
    why: str


def parse_mix(text: str, members: Sequence[Recommender]) -> np.ndarray:
    """Return weights (members,) from "0.3,0.7", scaled to sum to 1. BadInput on anything else."""
    try:
        weights = np.array([float(part) for part in text.split(",")])
    except ValueError as error:
        raise BadInput(say("mix: '{text}' must be numbers separated by commas, such as 0.3,0.7", text=text)) from error
    if len(weights) != len(members) or not np.isfinite(weights).all() or weights.min() < 0 or not weights.sum():
        raise BadInput(
            say(
                "mix: '{text}' must be {n} numbers from 0, one a member, one of them above 0", text=text, n=len(members)
            )
        )
    return weights / weights.sum()


def learn_mix(
    members: Sequence[Recommender],
    items: PlacedItems,
    interactions: Interactions,
    how: str,
    seed: int,
    progress: Progress,
) -> Mix:
    """Return the mix with the best mean NDCG@10 on held-out events; among equal ones the most even.

    `how`: one of SPLITS (a fifth, or each user's last), or "auto": each user's last if all events have a time, which is
    nearest to the use, else random. `members` are fitted to the remaining events. The weights are even, with the
    reason in `why`, if there are too few events.
    """
    even = np.full(len(members), 1 / len(members))
    try:
        split = split_events(_in_order(interactions), _split_name(interactions, how), HELD_OUT, seed)
    except BadInput as error:
        return Mix(even, (), say("even, since no events can be held out to learn from: {error}", error=error))
    users = _validation_users(split.train, split.test, seed)
    if not len(users):
        return Mix(even, (), say("even, since no user has events on both sides of the held-out part"))
    queries = [PlacedQuery(history=split.train.history(user)) for user in users]
    scores = []
    for i, model in enumerate(members):
        progress(
            0.5 * i / len(members),
            say("fitting '{name}' to {n} events to weigh it", name=model.name, n=len(split.train)),
        )
        model.fit(items, split.train, seed=seed)
        scores.append(Member(model, items, split.train).standard(queries))
    tried = _score_mixes(np.stack(scores), split.train.matrix[users], split.test.matrix[users])
    best = max(tried, key=lambda mix: (mix[1], -float(np.square(mix[0]).sum())))
    names = [model.name for model in members]
    rows = tuple({**dict(zip(names, map(float, mix))), f"ndcg@{K}": value} for mix, value in tried)
    return Mix(best[0], rows, say("best NDCG@{k} of {n} users on {words}", k=K, n=len(users), words=split.words))


def _split_name(interactions: Interactions, how: str) -> str:
    if how != "auto":
        return how
    return "random" if np.isnan(interactions.times).any() else "last"


def _in_order(interactions: Interactions) -> Interactions:
    """Return the events sorted by user and item, so that their order in the file does not matter, even at ties."""
    return interactions.take(np.lexsort((interactions.columns, interactions.rows)))


def _validation_users(train: Interactions, test: Interactions, seed: int) -> np.ndarray:
    """Return the numbers of users with events on both sides, no more than fit."""
    both = np.flatnonzero((np.diff(train.matrix.indptr) > 0) & (np.diff(test.matrix.indptr) > 0))
    most = max(50, AT_ONCE // max(train.items, 1))
    return both if len(both) <= most else np.sort(np.random.default_rng(seed).choice(both, most, replace=False))


def _score_mixes(scores: np.ndarray, met: sparse.csr_array, held: sparse.csr_array) -> list[tuple[np.ndarray, float]]:
    """Return every mix of `scores` (members, u, n) with its mean NDCG@10. Items `met` (u, n) are no candidates."""
    seen, right = met.toarray() > 0, held.toarray() > 0
    return [(mix, mean_ndcg(np.tensordot(mix, scores, 1), seen, right)) for mix in simplex(len(scores), STEPS)]


def simplex(parts: int, steps: int) -> Iterator[np.ndarray]:
    """Yield every (parts,) of multiples of 1 / steps from 0 that sum to 1."""
    for bars in combinations(range(steps + parts - 1), parts - 1):
        yield (np.diff([-1, *bars, steps + parts - 1]) - 1) / steps
