"""Factors of items that flow along the graph of who met what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from mmalign_core.recommend.learning.pairwise import Matrix
from mmalign_core.recommend.learning.pairwise_training import spreader

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


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


def flows(layers: int) -> Callable[[Matrix], Flow]:
    """Matrix (users, items) of who met what -> its flow, made once."""
    made: dict[int, tuple[Matrix, Flow]] = {}

    def flow(matrix: Matrix) -> Flow:
        if id(matrix) not in made:
            made[id(matrix)] = (matrix, Flow(matrix, layers))
        return made[id(matrix)][1]

    return flow


def starting(items: int, factors: int, generator: torch.Generator) -> torch.Tensor:
    """(items, factors) small random numbers to be learned."""
    import torch

    return torch.nn.Parameter(0.1 * torch.randn(items, factors, generator=generator))
