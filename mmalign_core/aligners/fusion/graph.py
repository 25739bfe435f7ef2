"""Graph fusion: places are averaged along a graph of similar items. A new row is linked to its nearest known items."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.fusion.neighbourhood import KnownItems, NeighbourhoodAligner
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.params import param
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say


def modality_graph(keys: np.ndarray, owners: np.ndarray, items: int, k: int) -> sparse.csr_array:
    """Return (items, items): 1 from every key's item to the items of its k nearest other keys, the diagonal empty."""
    nearest = top_k(keys, keys, min(k + 1, len(keys)))[1]
    others = nearest != np.arange(len(keys))[:, None]
    others[others.all(axis=1), -1] = False
    rows = np.repeat(owners, others.sum(axis=1))
    return sparse.csr_array((np.ones(len(rows)), (rows, owners[nearest[others]])), shape=(items, items))


def agreement(graph: sparse.csr_array, places: np.ndarray) -> float:
    """Return the mean cosine of the places (n, d) that an edge joins, minus that of any two places; at least 0."""
    edges = sparse.coo_array(graph)
    if not edges.nnz:
        return 0.0
    unit = unit_rows(places).astype(np.float64)
    joined = np.einsum("ij,ij->i", unit[edges.coords[0]], unit[edges.coords[1]]).mean()
    return max(0.0, float(joined - (unit.mean(0) ** 2).sum()))


def item_graph(known: KnownItems, places: np.ndarray, k: int) -> tuple[sparse.csr_array, Mapping[str, float]]:
    """Return the weighted sum of the modalities' graphs, normalised as D^-1/2 A D^-1/2, and the weights (sum 1).

    The weight of a modality is the `agreement` of its graph. Zhou & Shen 2023 (FREEDOM) set the weights by hand.
    """
    graphs = {m: modality_graph(keys, known.owners[m], len(places), k) for m, keys in known.keys.items()}
    found = {m: agreement(graph, places) for m, graph in graphs.items()}
    total = sum(found.values())
    weights = {m: value / total if total else 1 / len(found) for m, value in found.items()}
    joint = sparse.csr_array(sum(weights[m] * graph for m, graph in graphs.items()))
    joint = joint + joint.T
    degree = np.asarray(joint.sum(axis=1)).ravel()
    scale = sparse.diags_array(1 / np.sqrt(np.where(degree > 0, degree, 1.0)))
    return sparse.csr_array(scale @ joint @ scale), weights


def propagate(graph: sparse.csr_array, places: np.ndarray, layers: int) -> np.ndarray:
    """Return the mean of the places (n, d) after 0, 1, …, `layers` steps along the graph. He et al. 2020 (LightGCN)."""
    step = places.astype(np.float64)
    total = step.copy()
    for _ in range(layers):
        step = graph @ step
        total += step
    return unit_rows(total / (layers + 1))


@register("graph")
class Graph(NeighbourhoodAligner):
    """FREEDOM's frozen item graph (Zhou & Shen 2023) with LightGCN's propagation (He et al. 2020), for unseen rows too.

    Every known item starts at the fused linear place of its modalities and becomes the mean over 0..`layers` steps
    along the joint graph. The place of a row is unit((1 - mix) p + mix q): p is its linear place, q the mean propagated
    place of the items of its k nearest known rows. A row of a known item finds that item among its neighbours.
    """

    summary = say("Items alike in any modality share their places; a new row is linked to its nearest known items")
    card = Card(
        idea=say(
            "Items that look, read or sound alike are linked, and their places are averaged along the links. "
            "A new item is placed between the nearest known ones and the result of a linear map."
        ),
        formula=r"E = \tfrac{1}{L+1}\sum_{l=0}^{L}\big(\sum_m w_m \hat A_m\big)^l E_0,\quad "
        r"f_m(x) \propto (1-\lambda)\,f^0_m(x) + \tfrac{\lambda}{k}\sum_{j \in N_k(x)} E_j",
        use=say("When alike items are many and pairs are few, or some items lack a modality."),
        reference="Zhou and Shen 2023, A Tale of Two Graphs: Freezing and Denoising Graph Structures for Multimodal "
        "Recommendation; He et al. 2020, LightGCN",
    )
    k: int = param(10, 1, 1000, help="number of nearest items that an item, or a new row, is linked to")
    layers: int = param(2, 0, 10, help="number of averaging steps along the graph")
    mixes = (0.0, 0.2, 0.4, 0.6, 0.8)

    def build(self, sets: Sets, fused: np.ndarray, seed: int, progress: Progress) -> None:
        """Link all items and propagate their places."""
        progress(0.2, "linking the items")
        graph, self.weights = item_graph(self._known, fused, self.k)
        self._places = propagate(graph, fused, self.layers)

    def learn(self, sets: Sets, pairs: Pairs, seed: int, progress: Progress) -> None:
        """Learn as `NeighbourhoodAligner` does. The history holds the mix and the weight of each modality's graph."""
        super().learn(sets, pairs, seed, progress)
        self.record(step=1, mix=self.mix_used, **{f"weight of {m}": w for m, w in self.weights.items()})

    def known_places(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return the mean place of the items of the k nearest known rows."""
        nearest = top_k(self._known.centred_unit_rows(embeddings), self._known.keys[embeddings.modality], self.k)[1]
        return unit_rows(self._places[self._known.owners[embeddings.modality][nearest]].mean(axis=1))

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return the base's arrays, the items' propagated places (n, k) and each modality's graph weight."""
        weights = {f"weight.{m}": np.array([weight]) for m, weight in self.weights.items()}
        return {**super()._state(), "places": self._places, **weights}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        self._places = state["places"]
        self.weights = {m: float(weight[0]) for m, weight in with_prefix("weight.", state).items()}
        super()._load_state(state)
