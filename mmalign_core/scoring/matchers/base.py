"""What every matcher offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.types import Matches


class Matcher(Parametrised, ABC):
    """Decides pairs from scores. A source may stay undecided; equal scores go to the lower index."""

    name: ClassVar[str]
    summary: ClassVar[str]
    transductive: ClassVar[bool] = False
    """It looks at all sources together: never rank its results in one column with per-query retrieval."""

    @abstractmethod
    def match(self, scores: Scores) -> Matches:
        """Pairs (source row, target row, score), by rising source, then falling score."""

    def check_sizes(self, sources: int, targets: int) -> None:
        """BadInput when so many are more than this matcher can weigh; ask before any long work. Most take any."""

    @property
    def rule(self) -> str:
        """The name with its parameters: 'threshold(threshold=0.5, limit=10)'."""
        given = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.name}({given})" if given else self.name


MATCHERS: Registry[Matcher] = Registry("matcher", "mmalign_core.scoring.matchers", Matcher)
register = MATCHERS.register
