"""The measurement of retrieval: ranks, decisions and hubs, of both directions in one pass over the scores if it can be.

Few scores are measured block by block with NumPy (`outcomes`), many in compiled loops (`scan`). Both give equal ranks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.hubs import Hubs, K, hubs_among, occurrences, occurrences_of
from mmalign_core.metrics.outcomes import outcomes
from mmalign_core.metrics.questions import Questions, questions, sample_of
from mmalign_core.metrics.retrieval import Direction, Outcome, best_chosen
from mmalign_core.metrics.right_scores import right_scores
from mmalign_core.progress import within
from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.scoring.decision import Scoring, distinct_rows
from mmalign_core.scoring.scan import Asked, Blocks, Tallies, scan
from mmalign_core.types import EmbeddingSet, Progress, no_progress
from mmalign_core.types.strings import Strings

RIGHT, SHUFFLED = range(2)
"""The truths that a pass counts for: the right answers, and those by chance."""


@dataclass(frozen=True)
class Measured:
    """One `direction`, and its `hubs` if they were counted with it, else None."""

    direction: Direction
    hubs: Hubs | None = None


def measure_direction(
    sources: EmbeddingSet,
    targets: EmbeddingSet,
    scoring: Scoring,
    *,
    bank: EmbeddingSet | None = None,
    progress: Progress = no_progress,
) -> Direction:
    """Return the results of every source row as a query over all target rows, or of a sample of them (`sample_of`).

    The scoring's seed permutes the items of the baseline. `bank`: known rows of the sources' modality, for corrections
    that use queries.
    """
    asked = questions(sources, targets, scoring, sample_of(sources, targets, scoring))
    return _one_way(asked, scoring, bank, hubs=False, progress=progress).direction


def measure_pair(
    a: EmbeddingSet,
    b: EmbeddingSet,
    scoring: Scoring,
    *,
    bank: Mapping[str, EmbeddingSet] | None = None,
    hubs: bool = False,
    progress: Progress = no_progress,
) -> tuple[Measured, Measured]:
    """Return both directions of two sets, a to b and b to a, with hubs if they are wanted and the pass can count them.

    Scores without a correction serve both directions in one pass. `bank`: modality -> known rows.
    """
    sample, known = sample_of(a, b, scoring), bank or {}
    ahead, back = (questions(x, y, scoring, sample) for x, y in ((a, b), (b, a)))
    if sample is None and _serves_both(ahead, back, scoring, hubs):
        return _both_ways(ahead, back, scoring, hubs, progress)
    found = []
    for half, way in enumerate((ahead, back)):
        shown = within(progress, half / 2, (half + 1) / 2)
        found.append(_one_way(way, scoring, known.get(way.sources.modality), hubs=hubs, progress=shown))
    return found[0], found[1]


def _serves_both(ahead: Questions, back: Questions, scoring: Scoring, hubs: bool) -> bool:
    """Whether one pass over all scores answers both directions, and is no more work than one pass for each."""
    m, n = len(ahead.sources), len(ahead.targets)
    apart = len(ahead.rows) * n + len(back.rows) * m
    plain = scoring.correction.name == "none" and scoring.similarity.symmetric
    return plain and (hubs or m * n <= apart) and ahead.can_scan(scoring) and back.can_scan(scoring)


def _both_ways(
    ahead: Questions, back: Questions, scoring: Scoring, hubs: bool, progress: Progress
) -> tuple[Measured, Measured]:
    scores = scoring.scores(ahead.sources, ahead.targets)
    blocks = Blocks(scores)
    first = _Walk(ahead, scoring, scores, blocks, ahead.rows, hubs)
    second = _Walk(back, scoring, scores.flipped(), blocks, back.rows, hubs, across=True)
    one, other = scan(blocks, first.asked, second.asked, progress=progress, partial=first.words)
    assert other is not None
    return first.measured(one), second.measured(other)


def _one_way(
    asked: Questions, scoring: Scoring, bank: EmbeddingSet | None, *, hubs: bool, progress: Progress
) -> Measured:
    scores = scoring.scores(asked.queries, asked.targets, bank)
    # Every row of the sources counts for hubs, also those without a right answer, except in a sample.
    hubs = hubs and (asked.sampled or len(asked.rows) == len(asked.sources))
    if asked.can_scan(scoring):
        walk = _Walk(asked, scoring, scores, Blocks(scores), np.arange(len(asked.rows)), hubs)
        found = walk.measured(scan(walk.blocks, walk.asked, progress=progress, partial=walk.words)[0])
    else:
        found = Measured(asked.direction(outcomes(scores, scoring.match(scores), asked.truths)))
    return Measured(found.direction, _sampled_hubs(asked, scores, found.hubs)) if hubs and asked.sampled else found


def _sampled_hubs(asked: Questions, scores: Scores, found: Hubs | None) -> Hubs:
    """Return the largest hub of the sampled queries, and the hubness of the sampled items among themselves.

    The skewness over all candidates would be that of chance: few of them are among the best of a sample.
    """
    every, distinct = np.arange(len(asked.rows)), distinct_rows(asked.targets)
    largest = (found or hubs_among(occurrences(scores.take(every, distinct)), len(every))).largest
    own = distinct[Strings.of(asked.targets.ids).among(asked.queries.ids)[distinct]]
    return Hubs(largest, hubs_among(occurrences(scores.take(every, own)), len(every)).skewness)


class _Walk:
    """The part of one direction in a pass. `scores`: of this direction; row `places[i]` of its sources is query i."""

    def __init__(
        self,
        questions: Questions,
        scoring: Scoring,
        scores: Scores,
        blocks: Blocks,
        places: np.ndarray,
        hubs: bool,
        across: bool = False,
    ) -> None:
        self.questions, self.blocks, self._scoring, self._scores, self._places = (
            questions, blocks, scoring, scores, places,
        )  # fmt: skip
        rounding = scores.rounding[places]
        self._right = [
            right_scores(blocks, truth.pairs(slice(None)), places, rounding, across=across)
            for truth in questions.truths
        ]
        bars = np.full((len(self._right), len(scores.sources)), np.inf, np.float32)
        for row, right in zip(bars, self._right):
            row[places] = right.bar
        self._counts_hubs = hubs and scores.similarity.metric == "ip"
        self._distinct = np.zeros(len(questions.targets), bool)
        if self._counts_hubs:
            self._distinct[distinct_rows(questions.targets)] = True
        self.asked = Asked(bars, min(K + 1, int(self._distinct.sum())), self._distinct)

    def measured(self, tallies: Tallies) -> Measured:
        """Return the direction, and the hubs if they were counted."""
        ranks = [right.ranks(counts[self._places]) for right, counts in zip(self._right, tallies.counts)]
        direction = self.questions.direction([Outcome(*both) for both in zip(ranks, self._correct(ranks))])
        if not self._counts_hubs:
            return Measured(direction)
        occurrence = occurrences_of(self._scores, tallies, self._distinct)
        return Measured(direction, hubs_among(occurrence, len(self._scores.sources)))

    def _correct(self, ranks: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Whether the decisions are right: the best candidate was chosen, and no wrong one ties with it."""
        first, matcher = [rank == 1 for rank in ranks], self._scoring.matcher
        if matcher.always_decides and self._scores.similarity.metric == "ip":
            return first
        # distances in float32 can choose another candidate than the blocks, which are computed in float64
        chosen = best_chosen(self._scoring.match(self._scores.take(self._places)), len(self._places))
        held = [truth.holds(np.maximum(chosen, 0)) for truth in self.questions.truths]
        return [right & one & (chosen >= 0) for right, one in zip(held, first)]

    def words(self, done: np.ndarray, counts: np.ndarray) -> str:
        """Return what the sources `done` (s,) say, given their counts (t, s)."""
        place = np.full(len(self._scores.sources), -1)
        place[self._places] = np.arange(len(self._places))
        met = place[done] >= 0
        rows = place[done][met]
        if not len(rows):
            return ""
        ranks = self._right[RIGHT].take(rows).ranks(counts[RIGHT, met])
        found = Outcome(ranks, ranks == 1).metrics()
        shown = ", ".join(f"{name} {found[name]:.3f}" for name in ("recall@1", "recall@10", "mrr"))
        way = f"{self.questions.sources.modality}->{self.questions.targets.modality}"
        return f"by then {way}: {shown} over a random {len(rows):,} of {len(self._places):,} queries"
