"""What every language model offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.types import BadInput, Progress, no_progress


class LanguageModel(Parametrised, ABC):
    """Continues texts. Construction is cheap; weights load, and servers are reached, on first use.

    Every method raises BadInput in one line when the model is missing, takes longer than its parameter `seconds`, or
    answers nonsense, and Cancelled when `progress` does: whoever calls it goes on without it.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    knows_likelihoods: ClassVar[bool] = False
    """It can say how likely a text is; otherwise items are re-ranked by asking for an order."""

    @abstractmethod
    def load(self, progress: Progress = no_progress) -> None:
        """Make it ready; BadInput names what is missing and the command or variable that mends it."""

    @abstractmethod
    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """Its answer to `prompt`, stripped, of at most `max_tokens` tokens; the likeliest one, nothing is drawn."""

    def likelihoods(self, prompt: str, continuations: Sequence[str], *, progress: Progress = no_progress) -> np.ndarray:
        """(n,) float64: mean natural log-probability per token of each continuation after `prompt`."""
        raise BadInput(f"language model '{self.name}' gives no likelihoods; choose one that does")


LANGUAGE_MODELS: Registry[LanguageModel] = Registry("language model", "mmalign_core.language", LanguageModel)
register = LANGUAGE_MODELS.register
