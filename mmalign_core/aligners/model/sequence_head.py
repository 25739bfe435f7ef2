"""Base of the two-tower heads that read sequences; a subclass says how steps are read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mmalign_core.aligners.model.prior import Prior, WithPrior
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.sequenced.base import SequencedAligner
from mmalign_core.aligners.sequenced.nets import head_net
from mmalign_core.aligners.sequenced.steps import Reader
from mmalign_core.params import param

if TYPE_CHECKING:
    import torch


class SequenceHead(WithPrior, SequencedAligner):
    """f_m = unit(W_m v + U_m g_m(steps)), v the encoder's centred pooled vector; the zero-shot bridge beside it."""

    prior: str = param("auto", choices=("auto", "off"), help="auto: the zero-shot bridge counts as far as it helps")

    @abstractmethod
    def body(self, width: int, side: int) -> torch.nn.Module:
        """g: steps (b, t, width) and which are there (b, t) -> (b, `features`); side > 0: cells of a square."""

    def network(self, readers: Mapping[str, Reader], dims: int) -> torch.nn.Module:
        """One tower for each modality."""
        return head_net(readers, dims, self.width, lambda reader: self.body(self.width, reader.side))

    def use_held_out(self, sets: Sets, held: Pairs) -> None:
        """Weigh the bridge by the held-out pairs."""
        self._prior = Prior()
        if self.prior == "auto":
            places = {m: self._placed(m, self._read(sets[m]), rows) for m, rows in held.rows.items()}
            self._prior = Prior.of(sets).with_best_weight(places, sets, held)
