"""Matchers that need the whole matrix of scores."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from mmalign_core.scoring.matchers.base import Matcher
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import BadInput, Matches


class DenseMatcher(Matcher):
    """Decides from the whole matrix of scores, up to `most_scores` of them; always transductive."""

    transductive = True
    most_scores: ClassVar[int] = 100_000_000
    """10,000 sources by 10,000 targets."""

    def check_sizes(self, sources: int, targets: int) -> None:
        """Raise BadInput if there are more than `most_scores` scores."""
        if sources * targets > self.most_scores:
            raise BadInput(
                f"'{self.name}' needs all scores at once: {sources:,} x {targets:,} are {sources * targets:,} scores, "
                f"more than the {self.most_scores:,} it takes; choose 'mutual' or 'argmax', or give fewer items"
            )

    def dense(self, scores: Scores) -> np.ndarray:
        """Return every score (m, n) float32. BadInput if they are too many."""
        self.check_sizes(len(scores.sources), len(scores.targets))
        return scores.dense()

    def matches(self, sources: np.ndarray, targets: np.ndarray, dense: np.ndarray) -> Matches:
        """Return the pairs with their scores, by ascending source."""
        order = np.argsort(sources, kind="stable")
        sources, targets = (np.asarray(rows, np.int64)[order] for rows in (sources, targets))
        return Matches(sources, targets, dense[sources, targets], self.rule)
