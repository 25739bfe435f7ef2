"""The base class of hubness corrections, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity


class Correction(Parametrised, ABC):
    """Turns a similarity between two sets into scores with less hubness."""

    name: ClassVar[str]
    summary: ClassVar[str]
    transductive: ClassVar[bool] = False
    """It always uses all measured queries together. Its results must not be ranked together with per-query ones."""

    def is_transductive(self, has_bank: bool) -> bool:
        """Whether scores with these parameters, with or without a bank, depend on the measured queries together.

        `has_bank`: whether known queries are passed to `scores`.
        """
        return self.transductive

    @abstractmethod
    def scores(
        self, similarity: Similarity, sources: np.ndarray, targets: np.ndarray, bank: np.ndarray | None = None
    ) -> Scores:
        """Return the scores of sources (m, d) against targets (n, d) under this correction.

        `bank` (b, d): known queries (those of the training items) in the same space. Without one, a correction that
        needs queries uses the sources together, and its scores are transductive.
        """

    def both_scores(
        self,
        similarity: Similarity,
        a: np.ndarray,
        b: np.ndarray,
        bank_a: np.ndarray | None = None,
        bank_b: np.ndarray | None = None,
    ) -> tuple[Scores, Scores]:
        """Return `scores` of a against b with the bank of a, and of b against a with that of b."""
        return self.scores(similarity, a, b, bank_a), self.scores(similarity, b, a, bank_b)


CORRECTIONS: Registry[Correction] = Registry("correction", "mmalign_core.scoring.corrections", Correction)
register = CORRECTIONS.register
