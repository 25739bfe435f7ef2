"""The queries of one direction of a measurement: which rows are asked, and their right answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmalign_core.metrics.retrieval import Direction, Outcome, RightAnswers, right_answers, shuffled_owners
from mmalign_core.metrics.sampling import Sample, query_sample
from mmalign_core.scoring.corrections.bank import FEWEST_SCANNED
from mmalign_core.scoring.decision import Scoring
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.strings import Strings

MOST_RIGHT = 1 / 256
"""Largest share of right pairs among all for the compiled loops: these pairs are computed apart, 256 at the cost of
256 squared."""


@dataclass(frozen=True)
class Questions:
    """The queries of one direction: the `rows` (q,) of `sources` that are asked, among all `targets`.

    `of`: the number of answerable rows, of which those asked may be a sample. `seed`: of the baseline.
    """

    sources: EmbeddingSet
    targets: EmbeddingSet
    rows: np.ndarray
    of: int
    seed: int

    @cached_property
    def queries(self) -> EmbeddingSet:
        """The asked rows."""
        return self.sources.take(self.rows)

    @cached_property
    def truths(self) -> list[RightAnswers]:
        """The right answers to the queries, and those by chance. All rows of the sources say what is right, also those
        that are not asked: a text may belong to many items, of which few are in a sample."""
        owners = (None, shuffled_owners(self.targets, self.seed))
        return [right_answers(self.sources, self.targets, owner).take(self.rows) for owner in owners]

    @property
    def sampled(self) -> bool:
        """Whether some answerable rows are not asked."""
        return len(self.rows) < self.of

    def direction(self, outcomes: Sequence[Outcome]) -> Direction:
        """Return both outcomes with what they were measured on."""
        ids, keys, left_out = self.queries.ids, self.queries.keys, len(self.sources) - self.of
        found, shuffled = outcomes
        return Direction(ids, keys, found, shuffled, len(self.targets), left_out, self.of if self.sampled else 0)

    def can_scan(self, scoring: Scoring) -> bool:
        """Whether the compiled loops can measure them, and are worth while."""
        sizes = len(self.rows), len(self.targets)
        return scoring.matcher.takes_best and all(is_many(truth, *sizes) for truth in self.truths)


def is_many(truth: RightAnswers, queries: int, candidates: int) -> bool:
    """Whether so many scores, with these right answers, are passed over in compiled loops."""
    many = queries * candidates
    return many >= FEWEST_SCANNED and truth.count <= MOST_RIGHT * many


def sample_of(a: EmbeddingSet, b: EmbeddingSet, scoring: Scoring) -> Sample | None:
    """Return the sample of items to ask where all are too many; None where all are asked.

    All are asked by a matcher or correction that decides on all queries together. A correction by a bank of queries
    takes the sampled ones where there are no others.
    """
    together = scoring.matcher.transductive or scoring.correction.transductive
    return query_sample(a, b, seed=scoring.seed, exact=scoring.exact or together)


def questions(sources: EmbeddingSet, targets: EmbeddingSet, scoring: Scoring, sample: Sample | None) -> Questions:
    """Return the answerable rows of the sources as queries, those of the sample if there is one."""
    answerable = np.flatnonzero(right_answers(sources, targets).answerable)
    rows = answerable
    if sample is not None:
        rows = answerable[Strings.of(sources.ids).among(sample.items)[answerable]]
    return Questions(sources, targets, rows, len(answerable), scoring.seed)
