"""Content recommendation: items near a query in the shared space, with an exact share per modality."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from mmalign_core.recommend.base import Recommender, register
from mmalign_core.recommend.fused import FusedItems, scale_weights
from mmalign_core.types import Recommendation
from mmalign_core.vectors import unit_rows


@register("content")
class Content(Recommender):
    """Score of an item: Σ_m w_m · z_m, weights scaled to sum to 1.

    z_m is how many standard deviations the cosine of query and item in modality m lies above its mean over the items
    that have m. Cosines of texts and of sounds with the same query differ in size and spread, so they are not
    comparable as they are; late fusion of standardised scores (Wu et al. 2002) is. A modality an item lacks adds 0.
    """

    summary = "Items whose text, picture and sound stand out as near to the query, each modality on its own scale"

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
        query = unit_rows(np.asarray(query, np.float32)[None])[0]
        terms = {m: scaled[m] * standardised(part @ query, items.present(m)) for m, part in items.parts.items()}
        scores = np.sum(list(terms.values()), axis=0)
        hidden = set(exclude)
        order = (int(row) for row in np.argsort(-scores, kind="stable") if items.ids[row] not in hidden)
        return [_recommendation(items, row, place, terms) for place, row in zip(range(k), order)]


def standardised(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """(n,) float64 standard deviations above the mean of the present ones; 0 where absent or where all are equal."""
    known = values[present].astype(np.float64)
    spread = known.std() if len(known) else 0.0
    scores = np.zeros(len(values))
    if spread > 1e-7:
        scores[present] = (known - known.mean()) / spread
    return scores


def reason(contributions: Mapping[str, float], score: float) -> str:
    """One sentence built from the contributions alone."""
    helping = sorted(((m, v) for m, v in contributions.items() if v > 0), key=lambda pair: -pair[1])
    if not helping:
        return "Nothing in it stands out as near to the query; it is the least far of what is left."
    shares = ", ".join(f"{value:.2f} from its {modality}" for modality, value in helping)
    against = "".join(f", {value:.2f} from its {m}" for m, value in contributions.items() if value < 0)
    return f"{score:.2f} standard deviations nearer than the average item: {shares}{against}."


def _recommendation(items: FusedItems, row: int, place: int, terms: Mapping[str, np.ndarray]) -> Recommendation:
    contributions = {m: float(values[row]) for m, values in terms.items() if items.present(m)[row]}
    score = sum(contributions.values())
    return Recommendation(items.ids[row], score, place + 1, contributions, reason(contributions, score))
