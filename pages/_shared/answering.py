"""The answer behind the page: the question placed once, then ordered anew at every move of a slider."""

from __future__ import annotations

from collections.abc import Sequence

from mmalign_core.types import digest_json
from mmalign_core.workflow import Answer, FittedRecommender, Run
from pages._shared import cache, fitting, wishes
from pages._shared.choosing import Chosen
from pages._shared.tuning import Tuning


def of(
    run: Run,
    run_key: str,
    chosen: Chosen,
    place: int,
    fitted: FittedRecommender,
    asked: Sequence[wishes.Made],
    tuned: Tuning,
) -> Answer:
    """What the recommender at that place finds under these settings; BadInput says what cannot be asked so."""
    query = wishes.as_query(asked, cache.settings())
    signs = [[wish["kind"], wish["value"], wish["weight"] > 0] for wish in asked]
    key = digest_json([fitting.key_of(run_key, chosen.models[place]), signs])
    placed = cache.answered(key, chosen.seen, chosen.where, run, query, fitted)
    return placed.again(
        k=tuned.k,
        weights=tuned.weights or None,
        mix=[wish["weight"] for wish in asked],
        diversity=tuned.diversity,
        popularity=tuned.popularity,
    )
