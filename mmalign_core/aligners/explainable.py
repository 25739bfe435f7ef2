"""Protocols of a fitted aligner for explanations: a linear map, gradients, or attention weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    import torch

    Differentiable = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """(vectors (b, d), steps (b, t, s)) -> unit rows (b, k) with gradients. Vectors and steps are those of the encoder.
    A function of the vectors alone ignores the steps."""


@dataclass(frozen=True)
class LinearMap:
    """The affine map x -> (x - centre) @ linear + bias; `centre` (d,), `linear` (d, k), `bias` (k,), all float64."""

    centre: np.ndarray
    linear: np.ndarray
    bias: np.ndarray

    @property
    def homogeneous(self) -> tuple[np.ndarray, np.ndarray]:
        """`centre` (d + 1,) and `linear` (d + 1, k) of the same map without bias, for vectors with a zero appended."""
        return np.append(self.centre, -1.0), np.vstack([self.linear, self.bias])


@runtime_checkable
class HasParts(Protocol):
    """An aligner whose places join several kinds of evidence, so that a score is the sum of their shares."""

    def parts(self) -> Mapping[str, slice]:
        """Return name -> dimensions of each part of a place. Together they are all dimensions."""
        ...


@runtime_checkable
class Attends(Protocol):
    """An aligner that places rows by attention over known items. The weights do not attribute scores to items."""

    def attention(self, embeddings: EmbeddingSet, top: int = 10) -> list[list[tuple[str, float]]]:
        """Return for each row the `top` known items with the largest attention, as (item id, weight)."""
        ...
