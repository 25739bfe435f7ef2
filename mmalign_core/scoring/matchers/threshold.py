"""Every source takes all targets with a score of at least a threshold."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.matchers.base import Matcher, register
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Matches
from mmalign_core.wording import say


@register("threshold")
class Threshold(Matcher):
    """All targets that score at least `threshold`, best first, at most `limit` per source. It may be none."""

    summary = say("Each source takes every target that scores at least the threshold, or stays undecided")
    takes_best = True
    decides_by_best = True
    threshold: float = param(0.5, help="lowest score that counts as a match, on the scale of the similarity")
    suggested: bool = param(
        False, help="use the threshold suggested by held-out training pairs instead of the given one"
    )
    limit: int = param(10, 1, 10_000, help="most targets per source")

    def match(self, scores: Scores) -> Matches:
        """Return zero to `limit` pairs per source."""
        best, targets = scores.top_k(self.limit)
        sources, columns = np.nonzero(best >= self.threshold)
        return Matches(sources, targets[sources, columns], best[sources, columns], self.rule)

    def decided(self, best: np.ndarray) -> np.ndarray:
        """Return which sources (q,) have a target, given their best scores (q,)."""
        return best >= self.threshold
