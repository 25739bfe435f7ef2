"""Pairs that are each other's nearest neighbours."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.matchers.base import Matcher, register
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Matches
from mmalign_core.wording import say


@register("mutual")
class Mutual(Matcher):
    """A source takes its best target only if it is that target's best source: fewer pairs, a larger share right."""

    summary = say("Mutual nearest neighbours: a pair counts only if each is the other's best")
    takes_best = True
    transductive = True

    def match(self, scores: Scores) -> Matches:
        """Return zero or one pair per source and per target."""
        best, targets = scores.top_k(1)
        if not best.size:
            return Matches(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32), self.rule)
        back = scores.flipped().top_k(1)[1].ravel()
        sources = np.flatnonzero(back[targets.ravel()] == np.arange(len(targets)))
        return Matches(sources, targets[sources, 0], best[sources, 0], self.rule)
