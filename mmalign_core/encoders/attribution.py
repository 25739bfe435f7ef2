"""Attribution of a score of a transformer's vector to the steps it attends to, from one backward pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.encoders.attention import Attention, watch_attention
from mmalign_core.types import BadInput

WATCHED = ("sdpa", "eager")
"""Implementations of attention in transformers that are followed."""


@dataclass(frozen=True)
class Attribution:
    """`values` (t,) float64 of steps, without a unit; positive where the step raises the score.

    `places` (t, 2 or 4): the part of the view that each step stands for, in the units of `explain.masks.Part.place`.
    Special tokens stand for no part: their start is their end.
    """

    values: np.ndarray
    places: np.ndarray


def attention_attribution(
    run: Callable[[], Any], direction: np.ndarray, keys: Callable[[int], bool], rule: str
) -> np.ndarray:
    """(t,) attribution to the keys of attention, by one of RULES.

    `run` returns features (1, dim) of one medium; the score is their unit vector times `direction` (dim,). `keys` says
    whether a number of keys is the number of steps, because some layers attend to something else. BadInput where the
    model computes no attention that can be watched.
    """
    import torch
    from torch.nn.functional import normalize

    features, layers = watch_attention(run)
    last = next((layer for layer in reversed(layers) if keys(layer.keys.shape[-2])), None)
    if last is None:
        raise BadInput("this model shows no attention over what it reads, so there is no map by it; ask for occlusion")
    read = [layer for layer in layers if layer.keys.shape[-2] == last.keys.shape[-2]]
    along = torch.as_tensor(direction, dtype=torch.float32, device=features.device)
    score = normalize(features.float(), dim=-1)[0] @ along
    return RULES[rule](read, score)[0].detach().double().cpu().numpy()


def _weighted(layers: list[Attention], score: Any) -> Any:
    """Attention times the gradient of the score, what is positive, over heads, queries and layers.

    The weighting of Chefer et al. (ICCV 2021), summed as LeGrad sums instead of multiplied from layer to layer.
    """
    import torch

    slopes = torch.autograd.grad(score, [layer.weights for layer in layers], materialize_grads=True)
    return sum((slope * layer.weights).clamp_min(0).sum((1, 2)) for slope, layer in zip(slopes, layers))


def _legrad(layers: list[Attention], score: Any) -> Any:
    """LeGrad (Bousselham et al., ICCV 2025): the gradient alone, what is positive, mean over heads, queries, layers.

    The paper takes one score a layer, as if the tower ended there; here all gradients are of the score itself, which
    needs no knowledge of how the tower goes on.
    """
    import torch

    slopes = torch.autograd.grad(score, [layer.weights for layer in layers], materialize_grads=True)
    return sum(slope.clamp_min(0).mean((1, 2)) for slope in slopes) / len(layers)


def _grad_eclip(layers: list[Attention], score: Any) -> Any:
    """Grad-ECLIP (Zhao et al., ICML 2024), with signs: values times the gradient of the last layer's attention output,
    times a loosened attention: the cosine of query and key between 0 and 1, the softmax being so peaked that it hides
    most values. Where pooling takes several outputs their gradients say how much each counts; masked keys count
    nothing. The paper keeps what is positive; here what speaks against the score keeps its sign.
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
