"""Graphs of items: who met what, along which factors flow, and which items are alike in a modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.held_out import Matrix
from mmalign_core.recommend.learning.pairwise import spreader
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def content_features(name: str, items: PlacedItems) -> Mapping[str, np.ndarray]:
    """Modality -> (n, k_m) float32 unit rows, the modality's mean taken off first; zero where an item lacks it.

    BadInput if no item has a place in any modality.
    """
    found = {}
    for m, part in items.parts.items():
        present = items.present(m)
        if present.any():
            units = unit_rows(part)
            found[m] = unit_rows(np.where(present[:, None], units - units[present].mean(axis=0), 0))
    if not found:
        raise BadInput(f"'{name}' reads what items hold, and no item has a place in any modality; choose lightgcn")
    return found


def nearest_item_graph(places: np.ndarray, met: np.ndarray, k: int) -> sparse.csr_array:
    """(n, n): 1 / k at the k items nearest to each in places (n, d), itself left out, among those `met` (n,) bool.

    Rows are empty for items without a place, and for all if nobody met any; fewer than k count as many as there are.
    """
    placed = np.any(places != 0, axis=1)
    sources, targets = np.flatnonzero(placed), np.flatnonzero(placed & met)
    _, found = top_k(places[sources], places[targets], k + 1)
    columns = targets[found]
    other = columns != sources[:, None]
    kept = other & (np.cumsum(other, axis=1) <= k)
    counts = kept.sum(axis=1)
    values = np.repeat(1.0 / np.maximum(counts, 1), counts).astype(np.float32)
    rows = np.repeat(sources, counts)
    return sparse.csr_array((values, (rows, columns[kept])), shape=(len(places), len(places)))


class Flow:
    """He et al. 2020, LightGCN. Items' factors (n, f) -> mean over 0..`layers` flows to users and back.

    Items nobody met are zero. `damping` (n,): one over the root of how many users met each."""

    def __init__(self, matrix: Matrix, layers: int) -> None:
        import torch

        users, items = (np.maximum(np.asarray(matrix.sum(axis=axis)).ravel(), 1) for axis in (1, 0))
        scaled = sparse.csr_array(sparse.diags_array(users**-0.5) @ matrix @ sparse.diags_array(items**-0.5))
        self._out: Callable[[torch.Tensor], torch.Tensor] = spreader(scaled)
        self._back: Callable[[torch.Tensor], torch.Tensor] = spreader(sparse.csr_array(scaled.T))
        self._met = torch.from_numpy((np.bincount(matrix.indices, minlength=matrix.shape[1]) > 0).astype(np.float32))
        self.damping = torch.from_numpy((items**-0.5).astype(np.float32))
        self._layers = layers

    def __call__(self, factors: torch.Tensor) -> torch.Tensor:
        here = factors * self._met[:, None]
        total = here
        for _ in range(self._layers):
            here = self._back(self._out(here))
            total = total + here
        return total / (self._layers + 1)


def flow_cache(layers: int) -> Callable[[Matrix], Flow]:
    """Matrix (users, items) of who met what -> its flow, made once."""
    made: dict[int, tuple[Matrix, Flow]] = {}

    def flow(matrix: Matrix) -> Flow:
        if id(matrix) not in made:
            made[id(matrix)] = (matrix, Flow(matrix, layers))
        return made[id(matrix)][1]

    return flow


def initial_factors(items: int, factors: int, generator: torch.Generator) -> torch.Tensor:
    """(items, factors) small random numbers to be learned."""
    import torch

    return torch.nn.Parameter(0.1 * torch.randn(items, factors, generator=generator))
