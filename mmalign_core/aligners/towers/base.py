"""Base of the aligners that end in one tower per modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.aligners.towers.tower import Tower
from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    from mmalign_core.aligners.explainable import Differentiable


class TowerAligner(Aligner):
    """Rows lie where the tower of their modality puts them; a subclass trains `_towers` (modality -> tower)."""

    multiway = True
    trained = True
    _towers: Mapping[str, Tower]

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit rows (n, k); BadInput on an unknown modality or another width."""
        self.check_known(embeddings, {m: tower.width for m, tower in self._towers.items()})
        return self._towers[embeddings.modality].places(embeddings.vectors)

    def _linear_map(self, modality: str) -> LinearMap | None:
        """The tower's, where it has no hidden layer."""
        tower = self._towers.get(modality)
        return None if tower is None else tower.linear_map()

    def _differentiable(self, modality: str) -> Differentiable | None:
        """The tower; it reads vectors only."""
        tower = self._towers.get(modality)
        return None if tower is None else lambda vectors, steps: tower.place(tower.scaled(vectors))

    def _state(self) -> Mapping[str, np.ndarray]:
        """<modality>.* of each tower; see `Tower.arrays`."""
        return {name: a for m, tower in self._towers.items() for name, a in tower.arrays(f"{m}.").items()}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` gave."""
        modalities = [name.removesuffix(".linear") for name in state if name.endswith(".linear")]
        self._towers = {m: Tower.of_arrays(state, f"{m}.") for m in modalities}
