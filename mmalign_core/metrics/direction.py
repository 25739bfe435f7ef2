"""One direction of a pair of modalities measured: every query, its outcome, and the outcome by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.retrieval import Outcome, outcomes
from mmalign_core.metrics.right_answers import right_answers, shuffled_owners
from mmalign_core.scoring.decision import Scoring
from mmalign_core.types import EmbeddingSet


@dataclass(frozen=True)
class Direction:
    """Per query (m,): its item and content key, its outcome, its outcome by chance; and the sizes behind them."""

    items: tuple[str, ...]
    keys: tuple[str, ...]
    outcome: Outcome
    shuffled: Outcome
    candidates: int
    unanswerable: int

    def metrics(self, outcome: Outcome) -> dict[str, float | int]:
        """The metrics of an outcome with the sizes behind them."""
        sizes = {"n": len(self.items), "candidates": self.candidates, "unanswerable": self.unanswerable}
        return {**outcome.metrics(), **sizes}


def measure(
    sources: EmbeddingSet,
    targets: EmbeddingSet,
    scoring: Scoring,
    *,
    bank: EmbeddingSet | None = None,
) -> Direction:
    """Every source row is a query over all target rows; the scoring's seed permutes the items of the baseline.

    `bank`: rows of the sources' modality that were known beforehand, for corrections that look at queries.
    """
    answerable = np.flatnonzero(right_answers(sources, targets).answerable)
    queries = sources.take(answerable)
    scores = scoring.scores(queries, targets, bank)
    truths = [right_answers(queries, targets), right_answers(queries, targets, shuffled_owners(targets, scoring.seed))]
    outcome, shuffled = outcomes(scores, scoring.match(scores), truths)
    return Direction(queries.ids, queries.keys, outcome, shuffled, len(targets), len(sources) - len(queries))


def pooled(parts: Sequence[Direction]) -> Direction:
    """The queries of several folds as one direction; `candidates` is their mean."""
    outcome, shuffled = (
        Outcome(*(np.concatenate([getattr(getattr(p, which), what) for p in parts]) for what in ("ranks", "correct")))
        for which in ("outcome", "shuffled")
    )
    items, keys = (tuple(x for part in parts for x in getattr(part, what)) for what in ("items", "keys"))
    candidates = round(float(np.mean([part.candidates for part in parts])))
    return Direction(items, keys, outcome, shuffled, candidates, sum(part.unanswerable for part in parts))
