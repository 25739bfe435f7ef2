"""Base class of the fusions that start from linear places and learn how to move them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.fusion.late_average import LateAverage
from mmalign_core.aligners.pairs import Pairs, Sets, paired_rows
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import EmbeddingSet, Progress


class LinearStartAligner(Aligner):
    """Fits `late-average` first. A subclass implements `learn`, which starts at its places."""

    multiway = True
    begins_at = "late-average"
    dims: int = param(256, 1, 4096, help="most dimensions of the shared space")
    reg: float = param(0.0, 0, 1000, help="ridge of the linear start, relative; 0: chosen on held-out pairs")

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Fit the start, then learn. BadInput unless two items have two modalities and their rows differ."""
        self.history = ()
        pairs = paired_rows(sets, self.name)
        self._start = LateAverage(dims=self.dims, reg=self.reg).fit(
            sets, seed=seed, progress=within(progress, 0.0, 0.3)
        )
        self.learn(sets, pairs, seed, within(progress, 0.3, 1.0))
        progress(1.0, "fitted")

    @abstractmethod
    def learn(self, sets: Sets, pairs: Pairs, seed: int, progress: Progress) -> None:
        """Learn from the pairs after the start is fitted. May fit another start with `restart`."""

    def restart(self, sets: Sets) -> LateAverage:
        """Return a start with the same ridge, fitted on other sets."""
        return LateAverage(dims=self.dims, reg=self._start.ridge).fit(sets)

    def linear_places(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return linear places (n, k) of these rows. BadInput for an unknown modality or another width."""
        self.check_known(embeddings, self._start.widths)
        return self._start.transform(embeddings)

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return start.*: the state of the linear start. A subclass adds its own arrays."""
        return {f"start.{name}": array for name, array in self._start.state().items()}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        self._start = LateAverage(dims=self.dims, reg=self.reg).load_state(with_prefix("start.", state))
