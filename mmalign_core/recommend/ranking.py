"""The best items of a scored query, as recommendations with their shares."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from mmalign_core.recommend.base import Recommender
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.query import Query
from mmalign_core.recommend.sentence import reason
from mmalign_core.types import Recommendation


def top(
    recommender: Recommender,
    items: PlacedItems,
    query: Query,
    k: int = 10,
    *,
    exclude: Collection[int] = (),
    allowed: np.ndarray | None = None,
) -> list[Recommendation]:
    """The k best items (fewer if there are not as many), equal scores in the order of the items.

    `exclude`: numbers of items not to recommend; `allowed`: (n,) bool, which may be.
    """
    scores = recommender.score([query])[0]
    usable = np.ones(len(scores), bool) if allowed is None else allowed.copy()
    usable[list(exclude)] = False
    rows = np.flatnonzero(usable)
    best = rows[np.argsort(-scores[rows], kind="stable")[:k]]
    shares = recommender.shares(query, best)
    found = []
    for place, row in enumerate(best):
        contributions = {label: float(values[place]) for label, values in shares.items()}
        score = float(scores[row])
        found.append(Recommendation(items.ids[row], score, place + 1, contributions, reason(contributions)))
    return found
