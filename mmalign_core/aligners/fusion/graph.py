"""Graph fusion: places flow along a frozen graph of alike items, and a new row joins its nearest known items."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.aligners.base import register, under
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.fusion.item_graph import item_graph, propagated
from mmalign_core.aligners.fusion.neighbourhood import NeighbourhoodAligner
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.params import param
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows


@register("graph")
class Graph(NeighbourhoodAligner):
    """FREEDOM's frozen item graph (Zhou & Shen 2023) with LightGCN's propagation (He et al. 2020), for unseen rows too.

    Every known item starts at the fused linear place of its modalities and becomes the mean over 0..`layers` steps
    along the joint graph. A row with own linear place p whose k nearest known rows belong to items with mean
    propagated place q lies at unit((1 - mix) p + mix q). A row of a known item finds that item among its neighbours.
    """

    summary = "Items alike in any modality share what is known of them; a new row joins its nearest known items"
    card = Card(
        idea="Items that look, read or sound alike are linked, and their places flow along the links. A new item is "
        "linked to the known ones nearest to it and placed between them and where a linear map would put it.",
        formula=r"E = \tfrac{1}{L+1}\sum_{l=0}^{L}\big(\sum_m w_m \hat A_m\big)^l E_0,\quad "
        r"f_m(x) \propto (1-\lambda)\,f^0_m(x) + \tfrac{\lambda}{k}\sum_{j \in N_k(x)} E_j",
        use="When alike items are many and pairs are few, or some items lack a modality.",
        reference="Zhou and Shen 2023, A Tale of Two Graphs: Freezing and Denoising Graph Structures for Multimodal "
        "Recommendation; He et al. 2020, LightGCN",
    )
    k: int = param(10, 1, 1000, help="how many nearest items an item, and a new row, is linked to")
    layers: int = param(2, 0, 10, help="how many steps places flow along the graph")
    mixes = (0.0, 0.2, 0.4, 0.6, 0.8)

    def build(self, sets: Sets, fused: np.ndarray, seed: int, progress: Progress) -> None:
        """Link all items, and let their places flow."""
        progress(0.2, "linking the items")
        graph, self.weights = item_graph(self._known, fused, self.k)
        self._places = propagated(graph, fused, self.layers)

    def learn(self, sets: Sets, pairs: Pairs, seed: int, progress: Progress) -> None:
        """As `NeighbourhoodAligner`; the history says the mix, and how much each modality's graph counts."""
        super().learn(sets, pairs, seed, progress)
        self.record(step=1, mix=self.mix_used, **{f"weight of {m}": w for m, w in self.weights.items()})

    def known_places(self, embeddings: EmbeddingSet) -> np.ndarray:
        """The mean place of the items that own the k nearest known rows."""
        nearest = top_k(self._known.looked_up(embeddings), self._known.keys[embeddings.modality], self.k)[1]
        return unit_rows(self._places[self._known.owners[embeddings.modality][nearest]].mean(axis=1))

    def _state(self) -> Mapping[str, np.ndarray]:
        """Also the items' propagated places (n, k) and each modality's graph weight."""
        weights = {f"weight.{m}": np.array([weight]) for m, weight in self.weights.items()}
        return {**super()._state(), "places": self._places, **weights}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` gave."""
        self._places = state["places"]
        self.weights = {m: float(weight[0]) for m, weight in under("weight.", state).items()}
        super()._load_state(state)
