"""Base class of the two-tower heads over sequences. A subclass implements the reader of the steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mmalign_core.aligners.model.prior import WithPrior
from mmalign_core.aligners.pairs import Sets
from mmalign_core.aligners.sequenced.base import SequencedAligner
from mmalign_core.aligners.sequenced.nets import head_net
from mmalign_core.aligners.sequenced.steps import Reader
from mmalign_core.aligners.training.holdout import Holdout
from mmalign_core.params import param

if TYPE_CHECKING:
    import torch


class SequenceHead(WithPrior, SequencedAligner):
    """f_m = unit(W_m v + U_m g_m(steps)), v the encoder's centred pooled vector, joined with the zero-shot bridge."""

    known: str = param("auto", choices=("auto", "off"), help="auto: weight of known pairs beside it by held-out pairs")
    prior: str = param("auto", choices=("auto", "off"), help="auto: weight of the zero-shot bridge by held-out pairs")

    @abstractmethod
    def body(self, width: int, side: int) -> torch.nn.Module:
        """Return g: steps (b, t, width) and their presence (b, t) -> (b, `features`). side > 0: cells of a square."""

    def network(self, readers: Mapping[str, Reader], dims: int) -> torch.nn.Module:
        """Return one tower for each modality."""
        return head_net(readers, dims, self.width, lambda reader: self.body(self.width, reader.side))

    def use_held_out(self, sets: Sets, parts: Holdout, seed: int) -> None:
        """Choose the weights of the known pairs and of the bridge on the held-out pairs."""
        places = {m: self._placed(m, self._read(sets[m]), rows) for m, rows in parts.held.rows.items()}
        self._choose_beside(places, sets, parts, seed)
