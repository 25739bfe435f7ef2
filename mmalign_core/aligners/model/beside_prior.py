"""Base of trained aligners that the zero-shot bridge stands beside, as far as held-out pairs say it helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.aligners.model.prior import Prior
from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    from mmalign_core.aligners.explainable import Differentiable


class BesidePrior(Aligner):
    """Stands before the base that trains: what that base places is joined with the bridge's places."""

    reads_concepts = True
    _prior: Prior

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit rows (n, k), and the bridge's dimensions where it counts."""
        return self._prior.join(super()._transform(embeddings), embeddings)

    def _linear_map(self, modality: str) -> LinearMap | None:
        """The trained one, where the bridge does not count beside it."""
        return super()._linear_map(modality) if self._prior.bridge is None else None

    def _differentiable(self, modality: str) -> Differentiable | None:
        """The trained one, where the bridge does not count beside it."""
        return super()._differentiable(modality) if self._prior.bridge is None else None

    def _state(self) -> Mapping[str, np.ndarray]:
        """What was trained, and prior.* where the bridge counts."""
        return {**super()._state(), **self._prior.arrays()}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` gave."""
        self._prior = Prior.of_arrays(state)
        super()._load_state(state)
