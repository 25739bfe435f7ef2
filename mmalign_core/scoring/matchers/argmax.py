"""Every source takes its best target."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.matchers.base import Matcher, register
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Matches
from mmalign_core.wording import say


@register("argmax")
class Argmax(Matcher):
    """The target of highest score, for every source, however low that score is."""

    summary = say("Each source takes the target that scores highest")
    takes_best = True
    decides_by_best = True

    def match(self, scores: Scores) -> Matches:
        """Return one pair per source, or none if there are no targets."""
        best, targets = scores.top_k(1)
        sources = np.repeat(np.arange(len(targets)), targets.shape[1])
        return Matches(sources, targets.ravel(), best.ravel(), self.rule)
