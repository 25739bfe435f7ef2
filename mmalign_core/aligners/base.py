"""What every aligner offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.types import MODALITIES, EmbeddingSet, Progress, no_progress


class Aligner(Parametrised, ABC):
    """Fits on embedding sets (paired through item ids) and places any set of those modalities in one space."""

    name: ClassVar[str]
    summary: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]] = MODALITIES
    needs_pairs: ClassVar[bool] = True
    """It learns from items that have both modalities."""
    needs_concepts: ClassVar[bool] = False
    """It reads `EmbeddingSet.concepts` with their label vectors."""
    transductive: ClassVar[bool] = False
    """It places only the rows it was fitted on, and refuses others with BadInput."""
    history: tuple[Mapping[str, float], ...] = ()
    """Per step of the fit, what was measured (trained aligners)."""

    @classmethod
    def family(cls) -> str:
        """The family is the sub-package the aligner lives in."""
        return cls.__module__.split(".")[-2]

    def joins(self, rows: EmbeddingSet, pair: Mapping[str, EmbeddingSet]) -> bool:
        """Whether a modality beside the aligned pair can share its space; the pair itself is judged by `fit`."""
        return True

    @abstractmethod
    def fit(self, sets: Mapping[str, EmbeddingSet], *, seed: int = 0, progress: Progress = no_progress) -> Self:
        """Learn from these sets (modality -> set); BadInput says what is missing before any long work starts."""

    @abstractmethod
    def transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Coordinates (n, k) float32 of these rows in the shared space; unit rows unless the class says otherwise."""

    @abstractmethod
    def state(self) -> Mapping[str, np.ndarray]:
        """Everything the fit learned, as named arrays (written with safetensors, never pickled)."""

    @abstractmethod
    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Take over what `state` returned."""


ALIGNERS: Registry[Aligner] = Registry("aligner", "mmalign_core.aligners")
register = ALIGNERS.register
