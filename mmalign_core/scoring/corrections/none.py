"""No correction: the plain similarity."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.corrections.base import Correction, register
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity
from mmalign_core.wording import say


@register("none")
class NoCorrection(Correction):
    """The scores are the similarity."""

    summary = say("The plain similarity, uncorrected")

    def scores(
        self, similarity: Similarity, sources: np.ndarray, targets: np.ndarray, bank: np.ndarray | None = None
    ) -> Scores:
        """Return scores without biases."""
        return Scores(similarity, sources, targets)
