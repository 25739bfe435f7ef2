"""Weights, noise and dropout drawn from an own generator, so that fits in several threads are repeatable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.arrays import with_prefix

if TYPE_CHECKING:
    import torch


def seeded_generator(seed: int) -> torch.Generator:
    """Return a generator that no other thread uses."""
    import torch

    return torch.Generator().manual_seed(seed)


def seed_weights(module: torch.nn.Module, generator: torch.Generator) -> torch.nn.Module:
    """Return the module with new weights from the generator in place of those that torch drew.

    Matrices are uniform within sqrt(3 / fan in) (variance 1 / fan in: LeCun et al. 1998). Vectors and numbers keep
    their values if their layer is a normalisation or their value is constant, such as zero biases and unit scales.
    Others become zero.
    """
    import torch

    with torch.no_grad():
        for weight in module.parameters():
            if weight.ndim > 1:
                reach = math.sqrt(3 / max(1, weight[0].numel()))
                weight.uniform_(-reach, reach, generator=generator)
            elif weight.numel() and bool((weight != weight.flatten()[0]).any()):
                weight.zero_()
    return module


def apply_dropout(rows: torch.Tensor, rate: float, generator: torch.Generator | None) -> torch.Tensor:
    """Return rows with dropout drawn from `generator`, or unchanged rows without one or at rate 0."""
    import torch

    if generator is None or rate <= 0:
        return rows
    kept = torch.rand(rows.shape, generator=generator) >= rate
    return rows * kept / (1 - rate)


def add_noise(rows: torch.Tensor, deviation: float, generator: torch.Generator | None) -> torch.Tensor:
    """Return rows with normal noise of this standard deviation, or unchanged rows without a generator or at 0."""
    import torch

    if generator is None or deviation <= 0:
        return rows
    return rows + deviation * torch.randn(rows.shape, generator=generator)


def arrays_of(module: torch.nn.Module, prefix: str = "") -> dict[str, np.ndarray]:
    """Return name -> array of all parameters and buffers of the module, copied, for an aligner's `state`."""
    return {prefix + name: values.detach().cpu().numpy().copy() for name, values in module.state_dict().items()}


def load_arrays(module: torch.nn.Module, arrays: Mapping[str, np.ndarray], prefix: str = "") -> torch.nn.Module:
    """Load the arrays of `arrays_of` with the same prefix. torch's RuntimeError if names or shapes differ."""
    import torch

    module.load_state_dict({name: torch.tensor(array) for name, array in with_prefix(prefix, arrays).items()})
    return module
