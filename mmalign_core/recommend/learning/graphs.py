"""Graphs for item factors: propagation along interactions, and the items most alike in a modality."""

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
from mmalign_core.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def content_features(name: str, items: PlacedItems) -> Mapping[str, np.ndarray]:
    """Return modality -> (n, k_m) float32 unit rows after subtraction of the modality's mean; zero if it is missing.

    BadInput if no item has a place in any modality.
    """
    found = {}
    for m, part in items.parts.items():
        present = items.present(m)
        if present.any():
            units = unit_rows(part)
            found[m] = unit_rows(np.where(present[:, None], units - units[present].mean(axis=0), 0))
    if not found:
        raise BadInput(
            say("'{name}' reads the items' media, and no item has a place in any modality; choose lightgcn", name=name)
        )
    return found


def nearest_item_graph(places: np.ndarray, met: np.ndarray, k: int) -> sparse.csr_array:
    """Return (n, n): 1 / k at the k nearest other items in places (n, d) of each item, among those `met` (n,) bool.

    Rows are empty for items without a place, and all are if no item is `met`. If there are fewer than k items, k is
    their number.
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
    """Propagation of LightGCN (He et al. 2020): item factors (n, f) -> mean over 0..`layers` steps to users and back.

    Items without events get zero. `damping` (n,): one over the root of each item's number of users."""

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
    """Return a function: matrix (users, items) of interactions -> its flow, computed once per matrix."""
    made: dict[int, tuple[Matrix, Flow]] = {}

    def flow(matrix: Matrix) -> Flow:
        if id(matrix) not in made:
            made[id(matrix)] = (matrix, Flow(matrix, layers))
        return made[id(matrix)][1]

    return flow


def initial_factors(items: int, factors: int, generator: torch.Generator) -> torch.Tensor:
    """Return (items, factors): small random numbers to start the training from."""
    import torch

    return torch.nn.Parameter(0.1 * torch.randn(items, factors, generator=generator))
