"""Attention over sequences of different lengths, and layers made of it. Classes are defined on first use."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

HEADS = 4
"""Heads of every attention. Chosen: 16 numbers per head at the default width of 64."""


@cache
def _classes() -> Any:
    """Return the module classes. They are defined on first use, because importing torch is slow."""
    from torch import nn

    class Block(nn.Module):
        """x + Attention(norm(x), norm(y)), then x + MLP(norm(x)): pre-norm, as Xiong et al. 2020.

        Queries x (b, q, w) attend to y (b, t, w) where `present` (b, t). A row without any step gets zeros.
        """

        def __init__(self, width: int) -> None:
            super().__init__()
            self.asking, self.asked, self.between = (nn.LayerNorm(width) for _ in range(3))
            self.query, self.mix = nn.Linear(width, width), nn.Linear(width, width)
            self.key_value = nn.Linear(width, 2 * width)
            self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

        def forward(self, x: torch.Tensor, y: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
            key, value = self.key_value(self.asked(y)).chunk(2, dim=-1)
            x = x + self.mix(_attended(self.query(self.asking(x)), key, value, present))
            return x + self.narrow(nn.functional.gelu(self.widen(self.between(x))))

    return Block


def attention_block(width: int) -> torch.nn.Module:
    """Return a pre-norm block: queries (b, q, w), steps (b, t, w) and their presence (b, t) -> queries (b, q, w)."""
    return _classes()(width)


def _attended(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Return softmax attention with HEADS heads; Vaswani et al. 2017, equation 1."""
    import torch

    q, k, v = (x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in (query, key, value))
    scores = (q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
    weights = torch.softmax(scores.masked_fill(~present[:, None, None, :], -1e9), dim=-1)
    mixed = weights * present[:, None, None, :] @ v
    return mixed.transpose(1, 2).flatten(2)


def positions(steps: int, width: int) -> torch.Tensor:
    """Return (steps, width): sines and cosines of geometrically falling frequency; Vaswani et al. 2017, section 3.5."""
    import torch

    rates = torch.exp(-math.log(10_000.0) * torch.arange(0, width, 2) / width)
    angles = torch.arange(steps)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :width]


def pooled(steps: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Return mean and maximum over the present steps of (b, t, w) as (b, 2 w), zeros if none is present."""
    import torch

    there = present[..., None]
    mean = (steps * there).sum(1) / there.sum(1).clamp(min=1)
    highest = steps.masked_fill(~there, -math.inf).amax(1)
    return torch.cat([mean, torch.where(there.any(1), highest, 0.0)], dim=1)
