"""Scores and decisions of two placed sets: similarity, correction, matcher and seed in one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.scoring.corrections import CORRECTIONS, Correction, Scores, VectorPair
from mmalign_core.scoring.matchers import MATCHERS, Matcher
from mmalign_core.scoring.similarities import Similarity
from mmalign_core.types import BadInput, EmbeddingSet, Matches
from mmalign_core.types.strings import Strings


@dataclass(frozen=True)
class Scoring:
    """The chosen similarity, correction and matcher. `seed`: of the random parts of a measurement. `exact`: all queries
    are measured, however many; otherwise a sample where all would take too long."""

    similarity: Similarity
    correction: Correction
    matcher: Matcher
    seed: int = 0
    exact: bool = False

    def scores(self, sources: EmbeddingSet, targets: EmbeddingSet, bank: EmbeddingSet | None = None) -> Scores:
        """Return the scores of all source rows against all target rows.

        `bank`: known rows of the sources' modality, for corrections that use queries.
        """
        return self.correction.scores(self.similarity, sources.vectors, targets.vectors, bank_vectors(bank))

    def both_scores(self, a: EmbeddingSet, b: EmbeddingSet, bank: Mapping[str, EmbeddingSet]) -> tuple[Scores, Scores]:
        """Return the scores of all rows of a against those of b, and of b against a. `bank`: modality -> known rows."""
        known = (bank_vectors(bank.get(rows.modality)) for rows in (a, b))
        return self.correction.both_scores(self.similarity, VectorPair(a.vectors, b.vectors, *known))

    def match(self, scores: Scores) -> Matches:
        """Return the matcher's decisions."""
        return self.matcher.match(scores)

    def is_transductive(self, has_bank: bool) -> bool:
        """Whether a decision depends on all queries together. `has_bank`: as in `Correction.is_transductive`."""
        return self.matcher.transductive or self.correction.is_transductive(has_bank)

    @property
    def takes_bank(self) -> bool:
        """Whether the correction uses queries, and known ones can replace the measured ones."""
        return self.correction.is_transductive(False) and not self.correction.is_transductive(True)

    @property
    def has_threshold(self) -> bool:
        """Whether the matcher decides by a threshold that can be suggested."""
        return "suggested" in self.matcher.declared_params()

    @property
    def takes_suggestion(self) -> bool:
        """Whether the suggested threshold replaces the chosen one."""
        return self.has_threshold and self.matcher.params["suggested"]

    def with_threshold(self, threshold: float) -> Scoring:
        """Return the scoring with a matcher that decides by this threshold."""
        return replace(self, matcher=type(self.matcher)(**{**self.matcher.params, "threshold": threshold}))

    def for_sizes(self, sources: int, targets: int) -> Scoring:
        """The same; without a correction and by argmax where there is more to weigh than the matcher can."""
        try:
            self.matcher.check_sizes(sources, targets)
        except BadInput:
            return self.plain()
        return self

    def plain(self) -> Scoring:
        """Return the scoring without a correction, and with the best target for each source."""
        return replace(self, correction=CORRECTIONS.create("none"), matcher=MATCHERS.create("argmax"))


def distinct_rows(rows: EmbeddingSet) -> np.ndarray:
    """Return the first row (c,) of each of the c distinct contents, ascending."""
    first = Strings.of(rows.keys).firsts()
    return np.flatnonzero(first == np.arange(len(first)))


def distinct_vectors(rows: EmbeddingSet) -> np.ndarray:
    """Return the vectors (c, d) of the c distinct contents, the first row of each, so that copies count once."""
    return rows.vectors[distinct_rows(rows)]


def bank_vectors(bank: EmbeddingSet | None) -> np.ndarray | None:
    """Return the distinct contents of a bank, or None if there is none or it is empty."""
    return distinct_vectors(bank) if bank is not None and len(bank) else None
