"""How two placed sets become scores and decisions: similarity, correction, matcher and seed as one thing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.scoring.corrections import CORRECTIONS, Correction, Scores
from mmalign_core.scoring.matchers import MATCHERS, Matcher
from mmalign_core.scoring.similarities import Similarity
from mmalign_core.types import BadInput, EmbeddingSet, Matches


@dataclass(frozen=True)
class Scoring:
    """The chosen similarity, correction and matcher; `seed` of what is drawn at random when they are measured."""

    similarity: Similarity
    correction: Correction
    matcher: Matcher
    seed: int = 0

    def scores(self, sources: EmbeddingSet, targets: EmbeddingSet, bank: EmbeddingSet | None = None) -> Scores:
        """All source rows against all target rows.

        `bank`: rows of the sources' modality that were known beforehand, for corrections that look at queries.
        """
        return self.correction.scores(self.similarity, sources.vectors, targets.vectors, bank_vectors(bank))

    def match(self, scores: Scores) -> Matches:
        """The matcher's decisions."""
        return self.matcher.match(scores)

    def is_transductive(self, has_bank: bool) -> bool:
        """Whether a decision depends on all queries together; `has_bank`: as in `Correction.is_transductive`."""
        return self.matcher.transductive or self.correction.is_transductive(has_bank)

    @property
    def takes_bank(self) -> bool:
        """Whether the correction looks at queries, and known ones can stand in for those that are measured."""
        return self.correction.is_transductive(False) and not self.correction.is_transductive(True)

    @property
    def has_threshold(self) -> bool:
        """Whether the matcher decides by a threshold that can be suggested."""
        return "suggested" in self.matcher.declared_params()

    @property
    def takes_suggestion(self) -> bool:
        """Whether the suggested threshold takes the place of the chosen one."""
        return self.has_threshold and self.matcher.params["suggested"]

    def with_threshold(self, threshold: float) -> Scoring:
        """The same with a matcher that decides by this threshold."""
        return replace(self, matcher=type(self.matcher)(**{**self.matcher.params, "threshold": threshold}))

    def for_sizes(self, sources: int, targets: int) -> Scoring:
        """The same; without a correction and by argmax where there is more to weigh than the matcher can."""
        try:
            self.matcher.check_sizes(sources, targets)
        except BadInput:
            return self.plain()
        return self

    def plain(self) -> Scoring:
        """The same similarity without a correction, and the best target for each source."""
        return replace(self, correction=CORRECTIONS.create("none"), matcher=MATCHERS.create("argmax"))


def distinct_vectors(rows: EmbeddingSet) -> np.ndarray:
    """The vectors (c, d) of the c distinct contents, first row of each: copies would outvote all else."""
    first = {key: i for i, key in reversed(list(enumerate(rows.keys)))}
    return rows.vectors[sorted(first.values())]


def bank_vectors(bank: EmbeddingSet | None) -> np.ndarray | None:
    """The distinct contents of a bank; None where there is none, or it holds nothing."""
    return distinct_vectors(bank) if bank is not None and len(bank) else None
