"""The tower of a head that reads sequences: a linear place of the pooled vector, moved by what the steps add."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mmalign_core.aligners.training.weights import dropped, seed_weights

if TYPE_CHECKING:
    import torch


def sequence_tower(body: torch.nn.Module, inputs: int, dims: int, step_width: int, width: int) -> torch.nn.Module:
    """unit(W v + U body(E steps)): v (b, inputs), steps (b, t, step_width); the body gives (b, `body.features`)."""
    return _tower_class()(body, inputs, dims, step_width, width)


def start_linear(tower: torch.nn.Module, linear: np.ndarray, generator: torch.Generator) -> torch.nn.Module:
    """The tower with W = `linear` (inputs, dims) transposed and U = 0, all else drawn: it places as `linear` does."""
    import torch

    seed_weights(tower, generator)
    with torch.no_grad():
        tower.get_parameter("linear.weight").copy_(torch.tensor(linear.T))
        tower.get_parameter("leave.weight").zero_()
    return tower


@cache
def _tower_class() -> Any:
    """The module's class, made once torch is wanted."""
    from torch import nn

    class SequenceTower(nn.Module):
        def __init__(self, body: Any, inputs: int, dims: int, step_width: int, width: int) -> None:
            super().__init__()
            self.body = body
            self.linear = nn.Linear(inputs, dims, bias=False)
            self.enter = nn.Linear(step_width, width)
            self.leave = nn.Linear(body.features, dims, bias=False)

        def forward(
            self,
            vectors: torch.Tensor,
            steps: torch.Tensor,
            present: torch.Tensor,
            rate: float = 0.0,
            generator: torch.Generator | None = None,
        ) -> torch.Tensor:
            inner = self.body(dropped(self.enter(steps), rate, generator), present)
            place = self.linear(vectors) + self.leave(dropped(inner, rate, generator))
            return nn.functional.normalize(place, dim=1)

    return SequenceTower
