"""Every source takes the targets that score high enough."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.scoring.matchers.base import Matcher, register
from mmalign_core.types import Matches


@register("threshold")
class Threshold(Matcher):
    """All targets that score at least `threshold`, best first, at most `limit` a source; none leaves it undecided."""

    summary = "Each source takes every target that scores at least the threshold, or stays undecided"
    threshold: float = param(0.5, help="lowest score that counts as a match, on the scale of the similarity")
    suggested: bool = param(
        False, help="decide by the threshold that held-back training pairs suggest, not by the one given here"
    )
    limit: int = param(10, 1, 10_000, help="at most so many targets for one source")

    def match(self, scores: Scores) -> Matches:
        """Zero to `limit` pairs a source."""
        best, targets = scores.top_k(self.limit)
        sources, columns = np.nonzero(best >= self.threshold)
        return Matches(sources, targets[sources, columns], best[sources, columns], self.rule)
