"""Base of trained aligners that the zero-shot bridge stands beside, as far as held-out pairs say it helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np

from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.model.prior import Prior
from mmalign_core.aligners.opened import LinearMap
from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    from mmalign_core.aligners.opened import Differentiable


class BesidePrior(Aligner):
    """Stands before the base that trains: what that base places is joined with the bridge's places."""

    reads_concepts = True
    _prior: Prior

    def transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit rows (n, k), and the bridge's dimensions where it counts."""
        return self._prior.join(super().transform(embeddings), embeddings)

    def linear_map(self, modality: str) -> LinearMap | None:
        """The trained one, where the bridge does not count beside it."""
        return super().linear_map(modality) if self._prior.bridge is None else None

    def differentiable(self, modality: str) -> Differentiable | None:
        """The trained one, where the bridge does not count beside it."""
        return super().differentiable(modality) if self._prior.bridge is None else None

    def state(self) -> Mapping[str, np.ndarray]:
        """What was trained, and prior.* where the bridge counts."""
        return {**super().state(), **self._prior.arrays()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Take over what `state` gave."""
        self._prior = Prior.of_arrays(state)
        return super().load_state(state)
