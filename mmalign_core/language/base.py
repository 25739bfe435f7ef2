"""The base class of all language models, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.types import BadInput, Progress, no_progress


class LanguageModel(Parametrised, ABC):
    """Continues texts. Construction is cheap: weights are loaded and servers are contacted on first use.

    Every method raises BadInput if the model is missing, takes longer than its parameter `seconds`, or gives an invalid
    answer, and Cancelled if `progress` raises it. Callers then continue without the model.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    knows_likelihoods: ClassVar[bool] = False
    """Whether it returns log-probabilities of texts. If not, items are re-ranked by an order that it writes."""

    @abstractmethod
    def load(self, progress: Progress = no_progress) -> None:
        """Load the model. Raises BadInput with what is missing and the command or variable that provides it."""

    @abstractmethod
    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """Return the most likely answer to `prompt`, stripped, of at most `max_tokens` tokens (greedy decoding)."""

    def likelihoods(self, prompt: str, continuations: Sequence[str], *, progress: Progress = no_progress) -> np.ndarray:
        """Return the mean natural log-probability per token of each continuation after `prompt`, (n,) float64."""
        raise BadInput(f"language model '{self.name}' gives no likelihoods; choose one that does")


LANGUAGE_MODELS: Registry[LanguageModel] = Registry("language model", "mmalign_core.language", LanguageModel)
register = LANGUAGE_MODELS.register
