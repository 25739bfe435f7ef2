"""LightGCN: item factors that propagate along the graph of interactions. Nothing else is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmalign_core.params import param
from mmalign_core.recommend.base import register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.collaborative import TASTE
from mmalign_core.recommend.learning.factors import Block, TrainedFactors
from mmalign_core.recommend.learning.graphs import flow_cache, initial_factors
from mmalign_core.recommend.learning.held_out import Matrix
from mmalign_core.types import Progress
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("lightgcn")
class LightGCN(TrainedFactors):
    """score(i) = x · y_i, y = mean over l of (ÂᵀÂ)ˡ E and x = Σ_h w_h y_h / sqrt(d_h Σ_h |w_h|), Â = D_u^-½ R D_i^-½.

    He et al. 2020, LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation, with the pairwise
    loss of BPR. Users have no initial factors: a user is the sum over the items of the history, so any history can be
    scored and its shares are exact. Items without events score 0.
    """

    summary = say("Latent factors that spread between items through the users who met both")
    factors: int = param(64, 1, 1024, help=say("numbers per item"))
    layers: int = param(1, 0, 4, help=say("how many times factors spread from items to users and back"))

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Train on nine tenths of the events, then propagate the factors along all of them."""
        import torch

        factors, flow = (
            initial_factors(events.items, self.factors, torch.Generator().manual_seed(seed)),
            flow_cache(self.layers),
        )

        def places(matrix: Matrix) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            own = flow(matrix)(factors)
            return own * flow(matrix).damping[:, None], own, torch.zeros(len(own))

        self._train([factors], places, events.matrix, seed, progress)
        with torch.no_grad():
            given, own, _ = places(events.matrix)
        self._blocks = {TASTE: Block(given.numpy(), own.numpy())}
