"""The answer behind the page: the question placed once, then ordered anew at every move of a slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from mmalign_core.types import digest_json
from mmalign_core.workflow import Answer, FittedRecommender, Run
from pages._shared import cache
from pages._shared.recommend import fitting, wishes
from pages._shared.recommend.choosing import Chosen
from pages._shared.recommend.tuning import Tuning


@dataclass(frozen=True)
class Answered:
    """An answer and the digest of all that it follows from, under which what is computed about it is kept."""

    answer: Answer
    key: str

    def key_of(self, item: str) -> str:
        """Digest of one of its items."""
        return digest_json([self.key, item])


def of(
    run: Run,
    run_key: str,
    chosen: Chosen,
    place: int,
    fitted: FittedRecommender,
    asked: Sequence[wishes.Made],
    tuned: Tuning,
) -> Answered:
    """What the recommender at that place finds under these settings; BadInput says what cannot be asked so."""
    query = wishes.as_query(asked, cache.settings())
    signs = [[wish["kind"], wish["value"], wish["weight"] > 0] for wish in asked]
    mix = [float(wish["weight"]) for wish in asked]
    base = [fitting.key_of(run_key, chosen.models[place]), signs, chosen.seen, chosen.where]
    placed = cache.answered(digest_json(base), chosen.seen, chosen.where, run, query, fitted)
    found = placed.again(
        k=tuned.k, weights=tuned.weights or None, mix=mix, diversity=tuned.diversity, popularity=tuned.popularity
    )
    return Answered(found, digest_json([base, mix, asdict(tuned)]))
