"""The base class of hubness corrections, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity


@dataclass(frozen=True)
class VectorPair:
    """Two placed sets `a` (m, d) and `b` (n, d), and known queries of each, `bank_a` and `bank_b`, as in `scores`."""

    a: np.ndarray
    b: np.ndarray
    bank_a: np.ndarray | None = None
    bank_b: np.ndarray | None = None


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

    def both_scores(self, similarity: Similarity, pair: VectorPair) -> tuple[Scores, Scores]:
        """Return `scores` of a against b with the bank of a, and of b against a with that of b."""
        ahead = self.scores(similarity, pair.a, pair.b, pair.bank_a)
        return ahead, self.scores(similarity, pair.b, pair.a, pair.bank_b)


CORRECTIONS: Registry[Correction] = Registry("correction", "mmalign_core.scoring.corrections", Correction)
register = CORRECTIONS.register
