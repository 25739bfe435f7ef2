"""What a person chooses for one alignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.corrections import CORRECTIONS
from mmalign_core.matchers import MATCHERS
from mmalign_core.similarities import SIMILARITIES
from mmalign_core.types import BadInput


@dataclass(frozen=True)
class Choices:
    """Everything a person chooses for one alignment; see `python -m mmalign_core align --help`."""

    pair: tuple[str, str] = ("image", "text")
    aligner: str = "bridge"
    params: Mapping[str, Any] | None = None
    similarity: str = "cosine"
    correction: str = "none"
    matcher: str = "argmax"
    matcher_params: Mapping[str, Any] | None = None
    test: float | None = None
    folds: int | None = None
    seed: int = 0

    @property
    def split(self) -> str:
        """How the measured items were held out, in words."""
        if self.folds:
            return f"{self.folds} folds"
        return f"test {self.test:g}" if self.test else "none"

    def check(self) -> None:
        """BadInput for a name or parameter that does not exist or is out of range: before any long work."""
        if self.seed < 0:
            raise BadInput(f"the seed is {self.seed}; give a whole number from 0")
        ALIGNERS.create(self.aligner, **dict(self.params or {}))
        MATCHERS.create(self.matcher, **dict(self.matcher_params or {}))
        SIMILARITIES.get(self.similarity)
        CORRECTIONS.get(self.correction)
