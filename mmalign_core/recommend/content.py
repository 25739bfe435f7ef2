"""Content recommendation: items near a query in the shared space, with an exact share per modality."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from mmalign_core.neighbours import top_k
from mmalign_core.recommend.base import Recommender, register
from mmalign_core.recommend.fused import FusedItems, scale_weights
from mmalign_core.types import Recommendation
from mmalign_core.vectors import unit_rows


@register("content")
class Content(Recommender):
    """Score of an item: Σ_m w_m · dot(query, mean unit row of its modality m), weights scaled to sum to 1."""

    summary = "Items whose text, picture and sound lie near the query in the shared space"

    def recommend(
        self,
        items: FusedItems,
        query: np.ndarray,
        *,
        k: int = 10,
        weights: Mapping[str, float] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Recommendation]:
        """The k best items; a modality's contribution is its term of the sum, so they add up to the score."""
        scaled = scale_weights(weights, tuple(items.parts))
        query = unit_rows(np.asarray(query, np.float32)[None])
        hidden = set(exclude)
        _, rows = top_k(query, items.fused(scaled), min(len(items.ids), k + len(hidden)))
        chosen = [int(row) for row in rows[0] if items.ids[row] not in hidden][:k]
        shares = {m: scaled[m] * (part[chosen] @ query[0]).astype(float) for m, part in items.parts.items()}
        return [_recommendation(items, row, place, shares) for place, row in enumerate(chosen)]


def _recommendation(items: FusedItems, row: int, place: int, shares: Mapping[str, np.ndarray]) -> Recommendation:
    contributions = {m: float(values[place]) for m, values in shares.items() if items.parts[m][row].any()}
    score = sum(contributions.values())
    return Recommendation(items.ids[row], score, place + 1, contributions, reason(contributions, score))


def reason(contributions: Mapping[str, float], score: float) -> str:
    """One sentence built from the contributions alone."""
    helping = sorted(((m, v) for m, v in contributions.items() if v > 0), key=lambda pair: -pair[1])
    if not helping:
        return "Nothing in it is near the query; it is the least far of what is left."
    return f"Similarity {score:.2f}, of which " + ", ".join(f"its {m} gives {value:.2f}" for m, value in helping) + "."
