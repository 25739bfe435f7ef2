"""Base of the two-tower heads that read sequences; a subclass says how steps are read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np

from mmalign_core.aligners.model.prior import Prior
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.sequenced.base import SequencedAligner
from mmalign_core.aligners.sequenced.nets import head_net
from mmalign_core.aligners.sequenced.steps import Reader
from mmalign_core.params import param
from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    import torch

    from mmalign_core.aligners.opened import Differentiable


class SequenceHead(SequencedAligner):
    """f_m = unit(W_m v + U_m g_m(steps)), v the encoder's centred pooled vector; the zero-shot bridge beside it."""

    reads_concepts = True
    prior: str = param("auto", choices=("auto", "off"), help="auto: the zero-shot bridge counts as far as it helps")

    @abstractmethod
    def body(self, width: int, side: int) -> torch.nn.Module:
        """g: steps (b, t, width) and which are there (b, t) -> (b, `features`); side > 0: cells of a square."""

    def network(self, readers: Mapping[str, Reader], dims: int) -> torch.nn.Module:
        """One tower for each modality."""
        return head_net(readers, dims, self.width, lambda reader: self.body(self.width, reader.side))

    def judged(self, sets: Sets, held: Pairs) -> None:
        """Weigh the bridge by the held-out pairs."""
        self._prior = Prior()
        if self.prior == "auto":
            places = {m: self._placed(m, self._read(sets[m]), rows) for m, rows in held.rows.items()}
            self._prior = Prior.of(sets).weighed(places, sets, held)

    def transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit rows (n, dims), and the bridge's dimensions where it counts."""
        return self._prior.join(super().transform(embeddings), embeddings)

    def differentiable(self, modality: str) -> Differentiable | None:
        """The net's, where the bridge does not count beside it."""
        return super().differentiable(modality) if self._prior.bridge is None else None

    def state(self) -> Mapping[str, np.ndarray]:
        """reader.<modality>.*, net.*, and prior.* where the bridge counts."""
        return {**super().state(), **self._prior.arrays()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Take over what `state` gave."""
        self._prior = Prior.of_arrays(state)
        return super().load_state(state)
