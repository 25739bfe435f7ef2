"""Cross-attention over the steps of all modalities of an item together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.sequenced.base import SequencedAligner
from mmalign_core.aligners.sequenced.nets import cross_net
from mmalign_core.aligners.sequenced.steps import ROWS_AT_ONCE, Batch, Reader, Rows
from mmalign_core.params import param
from mmalign_core.splits import items_of
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch

    from mmalign_core.aligners.sequenced.base import Views


@register("cross-attention")
class CrossAttention(SequencedAligner):
    """Learned latents attend to tokens, cells and frames at once. One modality alone has fewer steps."""

    summary = say(
        "Learned queries attend to the tokens, picture cells and frames of an item together; any may be missing"
    )
    card = Card(
        idea=say(
            "A few learned queries summarise the tokens, cells and frames of all modalities of an item, and "
            "move it from the mean of its linear places. Training contrasts an item as seen by one modality "
            "with the same item seen by several, some left out at random, so that missing ones do no harm."
        ),
        formula=r"f(S) = \operatorname{unit}\Big(\tfrac{1}{|S|}\sum_{m\in S} W_m v_m + U\,"
        r"\operatorname{attention}\big(Q,\ \bigcup_{m\in S} E_m x_{m,1:T} + e_m\big)\Big)",
        use=say("To place whole items, when parts of one modality explain parts of another."),
        reference="Jaegle et al. 2021, Perceiver: General Perception with Iterative Attention",
    )
    latents: int = param(4, 1, 64, help="number of learned queries")
    layers: int = param(1, 1, 6, help="number of attention layers")

    def network(self, readers: Mapping[str, Reader], dims: int) -> torch.nn.Module:
        """Return one network for all sets of modalities."""
        return cross_net(readers, dims, self.width, self.latents, self.layers)

    def views(
        self, batches: Mapping[str, tuple[Batch, np.ndarray]], examples: int, generator: torch.Generator
    ) -> Views:
        """Return each modality by itself, and a view of two or more of them, drawn at random in each step."""
        import torch

        found = super().views(batches, examples, generator)
        order = [list(batches)[i] for i in torch.randperm(len(batches), generator=generator)]
        some = order[: int(torch.randint(2, max(3, len(order) + 1), (), generator=generator))]
        if len(some) > 1:
            whole = {m: _among(*batches[m], examples) for m in sorted(some)}
            found["several"] = self._spread(whole, np.arange(examples), examples, generator)
            several = sum(found[m][1].int() for m in some)
            found["several"] = (found["several"][0], torch.as_tensor(several) > 1)
        return found

    def _fuse(self, sets: Mapping[str, EmbeddingSet]) -> tuple[Sequence[str], np.ndarray]:
        """Return item ids and one unit place (n, dims) for each, from the steps of all its modalities together.

        With several rows of one modality (five captions) the places with each are averaged.
        """
        read = {m: self._read(s) for m, s in sorted(sets.items())}
        ids = items_of(sets)
        owned = {m: _rows_by_item(sets[m].ids) for m in read}
        examples = [
            (n, turn) for n, item in enumerate(ids) for turn in range(max(len(o.get(item, ())) for o in owned.values()))
        ]
        total = np.zeros((len(ids), self._dims()), np.float32)
        for first in range(0, len(examples), ROWS_AT_ONCE):
            part = examples[first : first + ROWS_AT_ONCE]
            np.add.at(total, [n for n, _ in part], self._together(read, owned, [(ids[n], turn) for n, turn in part]))
        return ids, unit_rows(total)

    def _together(
        self, read: Mapping[str, Rows], owned: Mapping[str, Mapping[str, list[int]]], turns: list[tuple[str, int]]
    ) -> np.ndarray:
        import torch

        batches = {}
        for m, rows in read.items():
            picked = [(i, owned[m][item]) for i, (item, _) in enumerate(turns) if item in owned[m]]
            if picked:
                chosen = np.array([own[turns[i][1] % len(own)] for i, own in picked])
                batches[m] = _among(rows.batch(chosen, self.longest), np.array([i for i, _ in picked]), len(turns))
        with torch.no_grad():
            return self._net(batches).numpy()

    def _dims(self) -> int:
        return self._net.get_parameter("leave.weight").shape[0]


def _among(batch: Batch, places: np.ndarray, examples: int) -> Batch:
    """Return a batch of `examples` rows: these rows at their places, and rows without steps elsewhere."""
    import torch

    where = torch.from_numpy(places)
    return Batch(*(part.new_zeros(examples, *part.shape[1:]).index_copy(0, where, part) for part in batch))


def _rows_by_item(ids: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, item in enumerate(ids):
        found.setdefault(item, []).append(row)
    return found
