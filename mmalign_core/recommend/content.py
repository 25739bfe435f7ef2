"""Content recommendation: items near a query in the shared space, with an exact share per modality."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from mmalign_core.recommend.base import Query, Recommender, register
from mmalign_core.recommend.placed import PlacedItems, scale_weights
from mmalign_core.types import Recommendation
from mmalign_core.vectors import unit_rows


@register("content")
class Content(Recommender):
    """Score of an item: Σ_m w_m · z_m, weights scaled to sum to 1.

    z_m is how many standard deviations the cosine of query and item in modality m lies above its mean over the items
    that have m. Cosines of texts and of sounds with the same query differ in size and spread, so they are not
    comparable as they are; late fusion of standardised scores is. A modality an item lacks adds 0. Equal scores, such
    as in a collection whose pictures are all the same, go by the plain cosines.
    """

    summary = "Items whose text, picture and sound stand out as near to the query, each modality on its own scale"

    def recommend(
        self,
        items: PlacedItems,
        query: Query,
        *,
        k: int = 10,
        weights: Mapping[str, float] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Recommendation]:
        """The k best items; a modality's contribution is its term of the sum, so they add up to the score."""
        scaled = scale_weights(weights, tuple(items.parts))
        near = {m: part @ unit_rows(query[m][None])[0] for m, part in items.parts.items()}
        terms = {m: scaled[m] * standardised(values, items.present(m)) for m, values in near.items()}
        scores = np.sum(list(terms.values()), axis=0)
        hidden = set(exclude)
        raw = np.sum([scaled[m] * values for m, values in near.items()], axis=0)
        order = (int(row) for row in np.lexsort((-raw, -scores)) if items.ids[row] not in hidden)
        return [_recommendation(items, row, place, terms) for place, row in zip(range(k), order)]


def standardised(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """(n,) float64 standard deviations above the mean of the present ones; 0 where absent or where all are equal."""
    known = values[present].astype(np.float64)
    spread = known.std() if len(known) else 0.0
    scores = np.zeros(len(values))
    if spread > 1e-7:
        scores[present] = (known - known.mean()) / spread
    return scores


def reason(contributions: Mapping[str, float]) -> str:
    """One sentence built from the contributions alone, in standard deviations."""
    ordered = sorted(contributions.items(), key=lambda pair: -pair[1])
    helping = [f"{m} {value:+.2f}" for m, value in ordered if value > 0]
    against = [f"{m} {value:+.2f}" for m, value in ordered if value < 0]
    if not helping:
        return "Nothing in it stands out as near; it is the least far of what is left."
    return f"Stands out by {', '.join(helping)}" + (f"; against it {', '.join(against)}." if against else ".")


def _recommendation(items: PlacedItems, row: int, place: int, terms: Mapping[str, np.ndarray]) -> Recommendation:
    contributions = {m: float(values[row]) for m, values in terms.items() if items.present(m)[row]}
    score = sum(contributions.values())
    return Recommendation(items.ids[row], score, place + 1, contributions, reason(contributions))
