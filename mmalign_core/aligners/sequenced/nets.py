"""Networks over vectors and steps: linear places plus the output of a reader of the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mmalign_core.aligners.sequenced.steps import Batch, Reader
from mmalign_core.aligners.training.attention import attention_block
from mmalign_core.aligners.training.weights import apply_dropout, seed_weights

if TYPE_CHECKING:
    import torch

    Body = Callable[[Reader], torch.nn.Module]
    """Makes g: steps (b, t, width) and their presence (b, t) -> (b, `features`)."""


def head_net(readers: Mapping[str, Reader], dims: int, width: int, body: Body) -> torch.nn.Module:
    """Return net({modality: batch}, dropout, generator) -> (b, dims) for one modality: unit(W v + U body(E steps))."""
    return _classes()[0](readers, dims, width, body)


def cross_net(readers: Mapping[str, Reader], dims: int, width: int, latents: int, layers: int) -> torch.nn.Module:
    """Return net({modality: batch, …}, dropout, generator) -> (b, dims): unit(mean of W_m v_m + U latents).

    The latents attend to the steps of all given modalities together, with an embedding of each modality. Rows whose
    batch has no step lack that modality. Jaegle et al. 2021, Perceiver.
    """
    return _classes()[1](readers, dims, width, latents, layers)


def initialise(net: torch.nn.Module, maps: Mapping[str, np.ndarray], generator: torch.Generator) -> torch.nn.Module:
    """Return the net with W_m = `maps`[m] (d_m, dims), U = 0 and random other weights: its places are the maps'."""
    import torch

    seed_weights(net, generator)
    with torch.no_grad():
        for m, linear in maps.items():
            net.get_parameter(f"linear.{m}.weight").copy_(torch.tensor(linear.T))
        for name, weight in net.named_parameters():
            if name.endswith("leave.weight"):
                weight.zero_()
    return net


@cache
def _classes() -> tuple[Any, Any]:
    """Return the modules' classes. They are defined on first use, because importing torch is slow."""
    import torch
    from torch import nn
    from torch.nn.functional import normalize

    class Branch(nn.Module):
        def __init__(self, inputs: int, width: int, dims: int, body: Any) -> None:
            super().__init__()
            self.enter, self.body = nn.Linear(inputs, width), body
            self.leave = nn.Linear(body.features, dims, bias=False)

        def forward(self, batch: Batch, rate: float, generator: torch.Generator | None) -> torch.Tensor:
            inner = self.body(apply_dropout(self.enter(batch.steps), rate, generator), batch.present)
            return self.leave(apply_dropout(inner, rate, generator))

    class HeadNet(nn.Module):
        def __init__(self, readers: Mapping[str, Reader], dims: int, width: int, body: Body) -> None:
            super().__init__()
            self.linear = nn.ModuleDict({m: nn.Linear(len(r.centre), dims, bias=False) for m, r in readers.items()})
            branches = {m: Branch(r.step_map.shape[1], width, dims, body(r)) for m, r in readers.items()}
            self.branches = nn.ModuleDict(branches)

        def forward(
            self, batches: Mapping[str, Batch], rate: float = 0.0, generator: torch.Generator | None = None
        ) -> torch.Tensor:
            ((m, batch),) = batches.items()
            return normalize(self.linear[m](batch.vectors) + self.branches[m](batch, rate, generator), dim=1)

    class CrossNet(nn.Module):
        def __init__(self, readers: Mapping[str, Reader], dims: int, width: int, latents: int, layers: int) -> None:
            super().__init__()
            self.linear = nn.ModuleDict({m: nn.Linear(len(r.centre), dims, bias=False) for m, r in readers.items()})
            self.enter = nn.ModuleDict({m: nn.Linear(r.step_map.shape[1], width) for m, r in readers.items()})
            self.marks = nn.ParameterDict({m: nn.Parameter(torch.zeros(1, width)) for m in readers})
            self.latents = nn.Parameter(torch.zeros(latents, width))
            self.blocks = nn.ModuleList(attention_block(width) for _ in range(layers))
            self.norm, self.leave = nn.LayerNorm(width), nn.Linear(latents * width, dims, bias=False)

        def forward(
            self, batches: Mapping[str, Batch], rate: float = 0.0, generator: torch.Generator | None = None
        ) -> torch.Tensor:
            there = {m: batch.present.any(1, keepdim=True) for m, batch in batches.items()}
            places = [normalize(self.linear[m](b.vectors), dim=1) * there[m] for m, b in batches.items()]
            start = torch.stack(places).sum(0) / torch.stack(list(there.values())).sum(0).clamp(min=1)
            steps = [apply_dropout(self.enter[m](b.steps), rate, generator) + self.marks[m] for m, b in batches.items()]
            steps_of_all, present = torch.cat(steps, 1), torch.cat([b.present for b in batches.values()], 1)
            x = self.latents.expand(len(steps_of_all), -1, -1)
            for block in self.blocks:
                x = block(x, steps_of_all, present)
            return normalize(start + self.leave(apply_dropout(self.norm(x).flatten(1), rate, generator)), dim=1)

    return HeadNet, CrossNet
