"""Graph fusion: places flow along a frozen graph of alike items, and a new row joins its nearest known items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from mmalign_core.aligners.base import register, under
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.fusion.choosing import best, held_out_items, quality
from mmalign_core.aligners.fusion.item_graph import item_graph, propagated
from mmalign_core.aligners.fusion.known_items import from_arrays, known_items
from mmalign_core.aligners.fusion.started import StartedAligner
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.neighbours import top_k
from mmalign_core.params import param
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows

MIXES = (0.0, 0.2, 0.4, 0.6, 0.8)
"""What the mix is chosen from."""


@register("graph")
class Graph(StartedAligner):
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
    mix: float = param(0.4, 0, 1, help="share of the neighbours' places; used when it is not chosen")
    choose: bool = param(True, help="choose the mix on held-out pairs")

    def learn(self, sets: Sets, pairs: Pairs, seed: int, progress: Progress) -> None:
        """Build the graph over all items, and choose the mix where that is asked and possible."""
        self.mix_used = self.mix
        parts = held_out_items(pairs, sets, seed) if self.choose else None
        if parts is not None:
            progress(0.1, "choosing the mix on held-out pairs")
            self.mix_used = self._chosen_mix(*parts)
        progress(0.6, "linking the items")
        self._build(sets)
        self.record(step=1, mix=self.mix_used, **{f"weight of {m}": w for m, w in self.weights.items()})

    def transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit rows (n, k)."""
        own = self.started(embeddings)
        if not self.mix_used:
            return own
        nearest = top_k(self._known.looked_up(embeddings), self._known.keys[embeddings.modality], self.k)[1]
        around = self._places[self._known.owners[embeddings.modality][nearest]].mean(axis=1)
        return unit_rows((1 - self.mix_used) * own + self.mix_used * unit_rows(around))

    def state(self) -> Mapping[str, np.ndarray]:
        """The start, the known items, their propagated places (n, k), the mix and each modality's graph weight."""
        weights = {f"weight.{m}": np.array([weight]) for m, weight in self.weights.items()}
        own = {"places": self._places, "mix": np.array([self.mix_used])}
        return {**super().state(), **self._known.arrays(), **own, **weights}

    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Take over what `state` gave."""
        super().load_state(state)
        self._known, self._places, self.mix_used = from_arrays(state), state["places"], float(state["mix"][0])
        self.weights = {m: float(weight[0]) for m, weight in under("weight.", state).items()}
        return self

    def _build(self, sets: Sets) -> None:
        items, fused = self._start.fuse(sets)
        order = sorted(range(len(items)), key=items.__getitem__)
        self._known = known_items(sets, tuple(items[i] for i in order))
        graph, self.weights = item_graph(self._known, fused[order], self.k)
        self._places = propagated(graph, fused[order], self.layers)

    def _chosen_mix(self, kept: Sets, held: Pairs, sets: Sets) -> float:
        trial = type(self)(**self.params)
        trial._start = self.restart(kept)
        trial._build(kept)

        def judged(mix: float) -> float:
            trial.mix_used = mix
            return quality(trial, sets, held)

        return best(MIXES, judged)
