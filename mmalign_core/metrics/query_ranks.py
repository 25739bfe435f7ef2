"""The rank, the best right answer and the scores of each query, given what it chose, for an analysis of errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.outcomes import correct_in_block, ranks_in_block, right_scores
from mmalign_core.metrics.questions import is_many
from mmalign_core.metrics.retrieval import RightAnswers
from mmalign_core.scoring.scan import Asked, Blocks, scan
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Progress, no_progress
from mmalign_core.wording import say


@dataclass(frozen=True)
class Ranked:
    """Of each query (m,): its rank from 1, the target row of its best right answer, whether its decision is right, and
    the scores of what it chose and of the right answer."""

    ranks: np.ndarray
    right: np.ndarray
    correct: np.ndarray
    chosen_score: np.ndarray
    right_score: np.ndarray


def ranked(
    scores: Scores,
    truth: RightAnswers,
    chosen: np.ndarray,
    decided: np.ndarray,
    *,
    progress: Progress = no_progress,
) -> Ranked:
    """Return what each query (row of the scores' sources) met, in one pass over the scores, ties as in `outcomes`.

    `chosen` (m,): the target row that each query chose, also where it is not `decided` (m,). Every query must have a
    right answer.
    """
    if is_many(truth, len(scores.sources), len(scores.targets)):
        found = _scanned(scores, truth, chosen, decided, progress)
        if found is not None:
            return found
    return _in_blocks(scores, truth, chosen, decided, progress)


def _scanned(
    scores: Scores, truth: RightAnswers, chosen: np.ndarray, decided: np.ndarray, progress: Progress
) -> Ranked | None:
    """Return it from compiled loops; None if a decision was not for the best target, as of an assignment."""
    blocks, every, rounding = Blocks(scores), np.arange(len(scores.sources)), scores.rounding
    right = right_scores(blocks, scores, truth.pairs(slice(None)), every, across=False)
    own = scores.corrected_pairs(blocks.of_pairs(every, chosen), every, chosen)
    bars = np.stack([right.bar, own + rounding])
    bars[1] = np.nextafter(bars[1], np.float32(np.inf))  # counts what is better than the chosen one, no ties
    counts = scan(blocks, Asked(scores, bars), progress=progress)[0].counts
    if counts[1][decided].any():
        return None
    ranks = right.ranks(counts[0])
    return Ranked(ranks, right.answer, (ranks == 1) & decided & truth.holds(chosen), own, right.best)


def _in_blocks(
    scores: Scores, truth: RightAnswers, chosen: np.ndarray, decided: np.ndarray, progress: Progress
) -> Ranked:
    many, rounding = len(scores.sources), scores.rounding
    found = Ranked(*(np.zeros(many, kind) for kind in (int, int, bool, np.float32, np.float32)))
    for part, block in scores.iter_blocks():
        rows, columns = truth.pairs(part)
        values, own = block[rows, columns], chosen[part]
        found.ranks[part] = ranks_in_block(block, (rows, columns), rounding[part])
        found.correct[part] = correct_in_block(block, (rows, columns), rounding[part], own) & decided[part]
        order = np.lexsort((-values, rows))
        first = order[np.unique(rows[order], return_index=True)[1]]
        found.right[part], found.right_score[part] = columns[first], values[first]
        found.chosen_score[part] = block[np.arange(len(block)), own]
        progress(part.stop / many, say("{stop:,} of {many:,} queries", stop=part.stop, many=many))
    return found
