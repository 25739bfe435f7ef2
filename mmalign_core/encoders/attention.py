"""What the attention of a torch model did in one run: queries, keys, values and weights of every layer.

Attention is met where it is computed, in the functions of torch that the libraries call, and only in the thread that
asks: the model itself is left as it is, so others may run it meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attention:
    """One layer: `queries`, `keys` and `values` (n, heads, t, width), `weights` (n, heads, queries, keys) as the
    softmax gave them, `out` (n, heads, queries, width). Gradients with respect to `weights` and `out` can be asked."""

    queries: Any
    keys: Any
    values: Any
    weights: Any
    out: Any


def watch_attention(run: Callable[[], Any]) -> tuple[Any, list[Attention]]:
    """What `run` returns, with its gradients, and its layers of attention in order; [] where none can be watched.

    `run` is a forward pass of a model in evaluation mode.
    """
    import torch
    from torch.nn.functional import dropout, multi_head_attention_forward, scaled_dot_product_attention, softmax
    from torch.overrides import TorchFunctionMode

    layers: list[Attention] = []
    written = _WrittenOut(layers)

    class Watching(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if func is scaled_dot_product_attention:
                layers.append(_dotted(*args, **kwargs))
                return layers[-1].out
            if func is multi_head_attention_forward and kwargs.get("key_padding_mask") is None and args[7] is None:
                layers.append(_projected(*args, **kwargs))
                return _joined(layers[-1].out, *args[11:13]), None
            if func is dropout:
                return args[0]
            made = func(*args, **kwargs)
            if func in (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__):
                written.multiplied(args[0], args[1], made)
            return written.weighed(made) if func is softmax else made

    with torch.enable_grad(), Watching():
        return run(), layers


class _WrittenOut:
    """Follows attention that a library computes step by step: product, softmax, product with the values."""

    def __init__(self, layers: list[Attention]) -> None:
        """Adds to `layers` whatever it has followed to its end."""
        self._layers, self._product, self._weights = layers, None, None

    def multiplied(self, left: Any, right: Any, made: Any) -> None:
        """Takes note of `made`, the product of the two."""
        if left is self._weights and self._product is not None:
            queries, keys = self._product
            self._layers.append(Attention(queries, keys.transpose(-1, -2), right, left, made))
        elif made.ndim == 4:
            self._product = left, right

    def weighed(self, weights: Any) -> Any:
        """The same weights that a softmax gave, with gradients."""
        self._weights = weights if weights.requires_grad else weights.requires_grad_()
        return self._weights


def _attention(q: Any, k: Any, v: Any, mask: Any, scale: float | None = None) -> Attention:
    """softmax(q kᵀ · scale + mask) v, written out."""
    scores = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf")) if str(mask.dtype) == "torch.bool" else scores + mask
    weights = scores.softmax(dim=-1)
    weights = weights if weights.requires_grad else weights.requires_grad_()
    return Attention(q, k, v, weights, weights @ v)


def _dotted(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Attention:
    """`scaled_dot_product_attention`, with the names of its arguments."""
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[1] // x.shape[1], dim=1) for x in (key, value))
    if is_causal:
        attn_mask = query.new_ones(query.shape[-2], key.shape[-2]).tril().bool()
    return _attention(query, key, value, attn_mask, scale)


def _projected(
    query: Any, key: Any, value: Any, width: int, heads: int, packed: Any, bias: Any, *rest: Any, **more: Any
) -> Attention:
    """`multi_head_attention_forward` up to its output projection; its inputs are (t, n, width)."""
    from torch.nn.functional import linear

    apart = more.get("use_separate_proj_weight")
    matrices = [more[f"{name}_proj_weight"] for name in "qkv"] if apart else packed.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    made = [linear(x, a, b) for x, a, b in zip((query, key, value), matrices, biases)]
    q, k, v = (x.unflatten(-1, (heads, -1)).permute(1, 2, 0, 3) for x in made)
    mask = more.get("attn_mask")
    if mask is not None and mask.ndim == 3:
        mask = mask.unflatten(0, (-1, heads))
    return _attention(q, k, v, mask)


def _joined(out: Any, weight: Any, bias: Any) -> Any:
    """Heads side by side through the output projection: (queries, n, width)."""
    from torch.nn.functional import linear

    return linear(out.permute(2, 0, 1, 3).flatten(2), weight, bias)
