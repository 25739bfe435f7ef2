"""What explanations ask of an encoder beyond its vectors."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mmalign_core.encoders.reading import Reading
from mmalign_core.encoders.relevance import Relevance
from mmalign_core.types import BadInput


class Explainable:
    """How a vector comes from what the encoder sees. The defaults say that it does not tell: occlusion is left."""

    name: ClassVar[str]
    pooling: ClassVar[str] = ""
    """How a vector comes from its sequence: "mean" or "sum" of the steps; "" where it is no such plain sum."""
    frames: ClassVar[tuple[float, float]] = (0.0, 0.0)
    """Seconds of a sound that a step of its sequence sees, and from one step to the next; 0 for other modalities."""
    heard_from: ClassVar[int] = 0
    """Of a video's steps: the first dimension that comes from what is heard; those before it from what is seen."""

    def reading(self, view: Any) -> Reading | None:
        """What the model reads of a view as numbers, with its vector as a function of them; None where it is no such
        thing (words), or has no gradients."""
        return None

    @property
    def attends(self) -> bool:
        """Whether `relevance` can be asked: the model attends to the steps it sees. Needs its weights."""
        return False

    def relevance(self, view: Any, direction: np.ndarray, rule: str) -> Relevance:
        """What each step of a view has to do with its unit vector times `direction` (dim,), by one of the RULES.

        BadInput unless it `attends`.
        """
        raise BadInput(f"encoder '{self.name}' shows no attention to what it sees; ask for occlusion")
