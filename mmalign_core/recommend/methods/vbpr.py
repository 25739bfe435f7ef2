"""Multimodal BPR: factors of items, and projections of their vectors in each modality, learned from pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.params import param
from mmalign_core.recommend.base import register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.collaborative import TASTE
from mmalign_core.recommend.learning.factors import Block, TrainedFactors
from mmalign_core.recommend.learning.graphs import content_features, initial_factors
from mmalign_core.recommend.learning.held_out import Matrix
from mmalign_core.types import Progress
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("vbpr")
class VBPR(TrainedFactors):
    """score(i) = b_i + x · y_i + Σ_m x_m · (f_im W_m), x = Σ_h w_h y_h / sqrt(Σ_h |w_h|), x_m likewise of f_hm W_m.

    He and McAuley 2016, VBPR: Visual Bayesian Personalized Ranking from Implicit Feedback, for any modalities: f_im is
    the place of item i in the shared space, and W_m is learned. Users have no factors of their own. They are the sum
    over the items of the history, as in FISM (Kabbur et al. 2013), so any history can be scored, with exact shares.
    An item without events has neither y nor b, and only its vectors count.
    """

    summary = say("Latent factors of items and of their media: a new item is placed by its text, picture or sound")
    reads_places = True
    views = ("modality", "history")
    factors: int = param(64, 1, 1024, help=say("numbers per item, and numbers per modality"))
    decay: float = param(1e-3, 0.0, 1.0, help=say("weight of the penalty on large factors"))

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Train on nine tenths of the events. The last tenth decides when to stop."""
        import torch

        held = {m: torch.from_numpy(x) for m, x in content_features(self.name, items).items()}
        generator = torch.Generator().manual_seed(seed)
        factors = initial_factors(events.items, self.factors, generator)
        maps = {m: initial_factors(x.shape[1], self.factors, generator) for m, x in held.items()}
        bias = torch.nn.Parameter(torch.zeros(events.items))
        met = torch.from_numpy((events.popularity > 0).astype(np.float32))

        def parts() -> dict[str, torch.Tensor]:
            return {TASTE: factors * met[:, None], **{m: held[m] @ maps[m] for m in held}}

        def places(matrix: Matrix) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            own = torch.cat(list(parts().values()), dim=1)
            return own, own, bias * met

        weights = [factors, bias, *maps.values()]
        self._train(weights, places, events.matrix, seed, progress)
        with torch.no_grad():
            self._blocks = {label: Block(part.numpy(), part.numpy()) for label, part in parts().items()}
            self._popularity = (bias * met).numpy().astype(np.float64)
