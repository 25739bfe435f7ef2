"""The base class of matchers, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Matches


class Matcher(Parametrised, ABC):
    """Decides pairs from scores. A source may stay undecided. Equal scores go to the lower index."""

    name: ClassVar[str]
    summary: ClassVar[str]
    transductive: ClassVar[bool] = False
    """It uses all sources together. Its results must not be ranked together with per-query retrieval."""
    takes_best: ClassVar[bool] = False
    """Whether a source that is decided takes the target of highest score, perhaps with others after it."""
    decides_by_best: ClassVar[bool] = False
    """Whether the score of a source's best target alone says that it is decided; see `decided`."""

    @abstractmethod
    def match(self, scores: Scores) -> Matches:
        """Return pairs (source row, target row, score), by ascending source, then falling score."""

    def decided(self, best: np.ndarray) -> np.ndarray:
        """Return which sources (q,) are decided, given the scores (q,) of their best targets: by default all."""
        return np.ones(len(best), bool)

    def check_sizes(self, sources: int, targets: int) -> None:
        """Raise BadInput if these numbers are too large for the matcher. To be called before any long work."""

    @property
    def rule(self) -> str:
        """Return the name with its parameters: 'threshold(threshold=0.5, limit=10)'."""
        given = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.name}({given})" if given else self.name


MATCHERS: Registry[Matcher] = Registry("matcher", "mmalign_core.scoring.matchers", Matcher)
register = MATCHERS.register
