"""The measurement of retrieval: ranks, decisions and hubs, of both directions in one pass over the scores if it can be.

Few scores are measured block by block with NumPy (`outcomes`), many in compiled loops (`scan`). Both give equal ranks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.hubs import FEWEST_ASKED, Hubs, K, hubs_among, occurrences, occurrences_of
from mmalign_core.metrics.outcomes import outcomes, right_scores
from mmalign_core.metrics.questions import Questions, questions, sample_of
from mmalign_core.metrics.retrieval import Direction, Outcome, best_chosen
from mmalign_core.progress import within
from mmalign_core.scoring.decision import Scoring, distinct_rows
from mmalign_core.scoring.scan import Asked, Blocks, Tallies, scan
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import EmbeddingSet, Progress, no_progress
from mmalign_core.types.strings import Strings
from mmalign_core.wording import say

RIGHT, SHUFFLED = range(2)
"""The truths that a pass counts for: the right answers, and those by chance."""


@dataclass(frozen=True)
class Measured:
    """What was measured of one `direction`. `hubs`: its hubs if they were counted in the same pass, else None."""

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
    back: Scoring | None = None,
    bank: Mapping[str, EmbeddingSet] | None = None,
    hubs: bool = False,
    progress: Progress = no_progress,
) -> tuple[Measured, Measured]:
    """Return both directions of two sets, a to b and b to a, with hubs if they are wanted and the pass can count them.

    `back`: the scoring from b to a, if its matcher has another threshold. Similarities serve both directions in one
    pass, where that is no more work. `bank`: modality -> known rows.
    """
    sample, known, ways = sample_of(a, b, scoring), bank or {}, (scoring, back or scoring)
    asked = questions(a, b, scoring, sample), questions(b, a, scoring, sample)
    if sample is None and _serves_both(*asked, scoring, hubs):
        return _both_ways(asked, ways, known, hubs, progress)
    found = []
    for half, (way, own) in enumerate(zip(asked, ways)):
        shown = within(progress, half / 2, (half + 1) / 2)
        found.append(_one_way(way, own, known.get(way.sources.modality), hubs=hubs, progress=shown))
    return found[0], found[1]


def _serves_both(ahead: Questions, back: Questions, scoring: Scoring, hubs: bool) -> bool:
    """Whether one pass over all scores answers both directions, and is no more work than one pass for each."""
    m, n = len(ahead.sources), len(ahead.targets)
    apart = len(ahead.rows) * n + len(back.rows) * m
    # A correction looks at the asked queries alone, and in the shared pass at all rows.
    alike = scoring.correction.name == "none" or apart == 2 * m * n
    able = scoring.similarity.symmetric and alike and (hubs or m * n <= apart)
    return able and ahead.can_scan(scoring) and back.can_scan(scoring)


def _both_ways(
    asked: tuple[Questions, Questions],
    scorings: tuple[Scoring, Scoring],
    bank: Mapping[str, EmbeddingSet],
    hubs: bool,
    progress: Progress,
) -> tuple[Measured, Measured]:
    ahead, back = asked
    scores = scorings[0].both_scores(ahead.sources, back.sources, bank)
    blocks = Blocks(scores[0])
    first = _Walk(ahead, scorings[0], scores[0], blocks, ahead.rows, hubs)
    second = _Walk(back, scorings[1], scores[1], blocks, back.rows, hubs, across=True)
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
        self._right = [
            right_scores(blocks, scores, truth.pairs(slice(None)), places, across=across) for truth in questions.truths
        ]
        bars = np.full((len(self._right), len(scores.sources)), np.inf, np.float32)
        for row, right in zip(bars, self._right):
            row[places] = right.bar
        self._counts_hubs = hubs and scores.similarity.metric == "ip"
        self._distinct = np.zeros(len(questions.targets), bool)
        if self._counts_hubs:
            self._distinct[distinct_rows(questions.targets)] = True
        self.asked = Asked(scores, bars, min(K + 1, int(self._distinct.sum())), self._distinct)

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
        # distances in float32 can choose another candidate than the blocks, which are computed in float64
        if self._scores.similarity.metric != "ip" or not matcher.decides_by_best:
            return self._searched(first, np.arange(len(self._places)))
        rounding, unsure = self._scores.rounding[self._places], np.zeros(len(self._places), bool)
        for right, one in zip(self._right, first):
            low, high = (matcher.decided(right.best + apart) for apart in (-rounding, rounding))
            unsure |= one & (low != high)
            one &= low
        found = self._searched([rank == 1 for rank in ranks], np.flatnonzero(unsure))
        return [np.where(unsure, exact, one) for exact, one in zip(found, first)]

    def _searched(self, first: Sequence[np.ndarray], asked: np.ndarray) -> list[np.ndarray]:
        """Whether the decisions for the `asked` queries are right by an exact search; False for the others."""
        chosen = np.full(len(self._places), -1)
        if len(asked):
            several = np.resize(asked, max(len(asked), FEWEST_ASKED))
            matches = self._scoring.match(self._scores.take(self._places[several]))
            chosen[asked] = best_chosen(matches, len(several))[: len(asked)]
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
        return say(
            "by then {way}: {shown} over a random {n:,} of {of:,} queries",
            way=way,
            shown=shown,
            n=len(rows),
            of=len(self._places),
        )
