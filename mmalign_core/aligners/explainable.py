"""What explanations can read of a fitted aligner: its linear map, its gradients, its attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    import torch

    Differentiable = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """Vectors (b, d) and the steps (b, t, s) they were pooled from, both as the encoder gives them -> (b, k) unit
    places, with gradients. What reads vectors only leaves the steps aside."""


@dataclass(frozen=True)
class LinearMap:
    """A vector x (d,) lies in the direction of (x - centre) @ linear + bias; `centre` (d,), `linear` (d, k), `bias`
    (k,), float64."""

    centre: np.ndarray
    linear: np.ndarray
    bias: np.ndarray

    @property
    def homogeneous(self) -> tuple[np.ndarray, np.ndarray]:
        """`centre` (d + 1,) and `linear` (d + 1, k) of the same map for vectors with a zero appended: no bias left."""
        return np.append(self.centre, -1.0), np.vstack([self.linear, self.bias])


@runtime_checkable
class Attends(Protocol):
    """An aligner that places rows by attention over known items. Its weights are no attribution."""

    def attention(self, embeddings: EmbeddingSet, top: int = 10) -> list[list[tuple[str, float]]]:
        """For each row the `top` known items it attends to most, as (item id, weight)."""
        ...
