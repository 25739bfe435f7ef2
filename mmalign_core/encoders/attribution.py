"""Attribution of a score of a transformer's vector to the steps that it attends to, from one backward pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.encoders.attention import Attention, watch_attention
from mmalign_core.types import BadInput

WATCHED = ("sdpa", "eager")
"""Implementations of attention in transformers that `watch_attention` records."""


@dataclass(frozen=True)
class Attribution:
    """`values` (t,) float64 of steps, without a unit; positive if the step raises the score.

    `places` (t, 2 or 4): the part of the view that belongs to each step, in the units of `explain.masks.Part.place`.
    The places of special tokens are empty: start and end are equal.
    """

    values: np.ndarray
    places: np.ndarray


def attention_attribution(
    run: Callable[[], Any], direction: np.ndarray, keys: Callable[[int], bool], rule: str
) -> np.ndarray:
    """Return the attribution (t,) of a score to the keys of attention, by one of RULES.

    `run` returns features (1, dim) of one medium; the score is their unit vector times `direction` (dim,). `keys(n)`:
    whether a layer with n keys attends to the steps, since some layers attend to something else. Raises BadInput if no
    such layer can be recorded.
    """
    import torch
    from torch.nn.functional import normalize

    features, layers = watch_attention(run)
    last = next((layer for layer in reversed(layers) if keys(layer.keys.shape[-2])), None)
    if last is None:
        raise BadInput("this model has no attention that can be recorded; choose the method occlusion")
    read = [layer for layer in layers if layer.keys.shape[-2] == last.keys.shape[-2]]
    along = torch.as_tensor(direction, dtype=torch.float32, device=features.device)
    score = normalize(features.float(), dim=-1)[0] @ along
    return RULES[rule](read, score)[0].detach().double().cpu().numpy()


def _weighted(layers: list[Attention], score: Any) -> Any:
    """The positive part of attention times the gradient of the score, over heads, queries and layers.

    The weighting of Chefer et al. (ICCV 2021), summed over layers as in LeGrad instead of multiplied.
    """
    import torch

    slopes = torch.autograd.grad(score, [layer.weights for layer in layers], materialize_grads=True)
    return sum((slope * layer.weights).clamp_min(0).sum((1, 2)) for slope, layer in zip(slopes, layers))


def _legrad(layers: list[Attention], score: Any) -> Any:
    """LeGrad (Bousselham et al., ICCV 2025): the positive part of the gradient, mean over heads, queries and layers.

    The paper computes one score per layer, as if the tower ended there. Here all gradients are of the final score,
    which requires no knowledge of the tower's architecture.
    """
    import torch

    slopes = torch.autograd.grad(score, [layer.weights for layer in layers], materialize_grads=True)
    return sum(slope.clamp_min(0).mean((1, 2)) for slope in slopes) / len(layers)


def _grad_eclip(layers: list[Attention], score: Any) -> Any:
    """Grad-ECLIP (Zhao et al., ICML 2024), with signs: values times the gradient of the last layer's attention output,
    times a loosened attention, the cosine of query and key scaled to 0..1. It replaces the softmax, whose peaks hide
    most values. If pooling takes several outputs, their gradients weight them; masked keys count 0. The paper keeps
    the positive part; here negative contributions keep their sign.
    """
    import torch
    from torch.nn.functional import normalize

    layer = layers[-1]
    (slope,) = torch.autograd.grad(score, layer.out, materialize_grads=True)
    seen = layer.weights.detach() > 0
    queries, keys = (normalize(x.transpose(1, 2).flatten(2), dim=-1) for x in (layer.queries, layer.keys))
    near = (queries @ keys.transpose(-1, -2))[:, None].expand_as(seen)
    low = near.masked_fill(~seen, torch.inf).amin(-1, keepdim=True)
    high = near.masked_fill(~seen, -torch.inf).amax(-1, keepdim=True)
    loose = ((near - low) / (high - low).clamp_min(1e-9)).masked_fill(~seen, 0)
    return ((slope @ layer.values.transpose(-1, -2)) * loose).sum((1, 2))


RULES: dict[str, Callable[[list[Attention], Any], Any]] = {
    "attention": _weighted,
    "legrad": _legrad,
    "grad-eclip": _grad_eclip,
}
"""Name -> function from layers and a score to attribution (n, keys)."""
