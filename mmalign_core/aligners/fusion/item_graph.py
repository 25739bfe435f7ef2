"""A frozen graph of items that look, read or sound alike, and propagation of places along it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from mmalign_core.aligners.fusion.known_items import KnownItems
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.vectors import unit_rows


def modality_graph(keys: np.ndarray, owners: np.ndarray, items: int, k: int) -> sparse.csr_array:
    """(items, items): 1 from every key's item to the items of its k nearest other keys, the diagonal empty."""
    nearest = top_k(keys, keys, min(k + 1, len(keys)))[1]
    others = nearest != np.arange(len(keys))[:, None]
    others[others.all(axis=1), -1] = False
    rows = np.repeat(owners, others.sum(axis=1))
    return sparse.csr_array((np.ones(len(rows)), (rows, owners[nearest[others]])), shape=(items, items))


def agreement(graph: sparse.csr_array, places: np.ndarray) -> float:
    """Mean cosine of the places (n, d) that an edge joins, above that of any two places; never negative."""
    edges = sparse.coo_array(graph)
    if not edges.nnz:
        return 0.0
    unit = unit_rows(places).astype(np.float64)
    joined = np.einsum("ij,ij->i", unit[edges.coords[0]], unit[edges.coords[1]]).mean()
    return max(0.0, float(joined - (unit.mean(0) ** 2).sum()))


def item_graph(known: KnownItems, places: np.ndarray, k: int) -> tuple[sparse.csr_array, Mapping[str, float]]:
    """The weighted sum of the modalities' graphs, normalised as D^-1/2 A D^-1/2, and the weights (sum 1).

    A modality counts by the `agreement` of the items it joins. Zhou & Shen 2023 (FREEDOM), who set weights by hand.
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


def propagated(graph: sparse.csr_array, places: np.ndarray, layers: int) -> np.ndarray:
    """The mean of the places (n, d) after 0, 1, …, `layers` steps along the graph. He et al. 2020 (LightGCN)."""
    step = places.astype(np.float64)
    total = step.copy()
    for _ in range(layers):
        step = graph @ step
        total += step
    return unit_rows(total / (layers + 1))
