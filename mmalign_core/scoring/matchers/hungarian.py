"""The one-to-one assignment with the highest total score."""

from __future__ import annotations

from mmalign_core.scoring.matchers.base import register
from mmalign_core.scoring.matchers.dense import DenseMatcher
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Matches
from mmalign_core.wording import say


@register("hungarian")
class Hungarian(DenseMatcher):
    """max Σ score(i, π(i)) over one-to-one π (Kuhn 1955), solved exactly by shortest augmenting paths (Crouse 2016).

    Each target is used once. It suits data in which every source has its own partner. Of the larger side some rows
    stay undecided.
    """

    summary = say("Hungarian: the one-to-one assignment of highest total score")

    def match(self, scores: Scores) -> Matches:
        """Return min(m, n) pairs. BadInput if there are too many scores."""
        from scipy.optimize import linear_sum_assignment

        dense = self.dense(scores)
        sources, targets = linear_sum_assignment(dense, maximize=True)
        return self.matches(sources, targets, dense)
