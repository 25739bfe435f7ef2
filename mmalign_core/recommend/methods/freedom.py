"""FREEDOM: factors propagate along interactions and along a fixed graph of the items most alike in each modality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmalign_core.params import param
from mmalign_core.recommend.base import register
from mmalign_core.recommend.interactions import Interactions
from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.collaborative import TASTE
from mmalign_core.recommend.learning.factors import Block, TrainedFactors
from mmalign_core.recommend.learning.graphs import content_features, flow_cache, initial_factors, nearest_item_graph
from mmalign_core.recommend.learning.held_out import Matrix
from mmalign_core.recommend.learning.pairwise import spreader
from mmalign_core.types import Progress
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("freedom")
class Freedom(TrainedFactors):
    """score(i) = x · (y_i + Σ_m w_m (S_m E)_i), y and x as `lightgcn`; S_m averages the k items most alike in m.

    Zhou and Shen 2023, A Tale of Two Graphs: Freezing and Denoising Graph Structures for Multimodal Recommendation.
    The graphs are made once, from places in the shared space, and link only to items with events. An item without
    events is therefore recommended, and counts in a history, like the items it is linked to. The w_m are learned and
    sum to 1. Omitted: pruning of the user-item graph, and the second loss that projects raw features.
    """

    summary = say("Latent factors that spread between items met together and items alike in text, picture or sound")
    reads_places = True
    views = ("modality", "history")
    factors: int = param(64, 1, 1024, help=say("numbers per item"))
    neighbours: int = param(
        10, 1, 1000, help=say("number of most similar items that each item is linked to, per modality")
    )
    layers: int = param(1, 0, 4, help=say("how many times factors spread from items to users and back"))

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        """Link similar items, train on nine tenths of the events, then propagate the factors along all of them."""
        import torch

        progress(0.0, say("linking similar items"))
        met = events.popularity > 0
        links = {
            m: spreader(nearest_item_graph(x, met, self.neighbours))
            for m, x in content_features(self.name, items).items()
        }
        factors, flow = (
            initial_factors(events.items, self.factors, torch.Generator().manual_seed(seed)),
            flow_cache(self.layers),
        )
        logits, fresh = torch.nn.Parameter(torch.zeros(len(links))), torch.from_numpy(~met)[:, None]

        def parts(matrix: Matrix) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
            own, shares = flow(matrix)(factors), torch.softmax(logits, 0)
            linked = {m: shares[at] * spread(factors) for at, (m, spread) in enumerate(links.items())}
            given = torch.where(fresh, sum(linked.values(), own), own * flow(matrix).damping[:, None])
            return given, {TASTE: own, **linked}

        def places(matrix: Matrix) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            given, own = parts(matrix)
            return given, sum(own.values(), torch.zeros(1)), torch.zeros(events.items)

        self._train([factors, logits], places, events.matrix, seed, progress)
        with torch.no_grad():
            given, own = parts(events.matrix)
        self._blocks = {label: Block(given.numpy(), part.numpy()) for label, part in own.items()}
