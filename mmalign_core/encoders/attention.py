"""Recording of a torch model's attention in one forward pass: queries, keys, values and weights of every layer.

The torch functions that compute attention are intercepted, in the calling thread alone. The model itself is not
changed, so that other threads may run it at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attention:
    """One layer: `queries`, `keys` and `values` (n, heads, t, width), `weights` (n, heads, queries, keys) after the
    softmax, `out` (n, heads, queries, width). `weights` and `out` take part in autograd."""

    queries: Any
    keys: Any
    values: Any
    weights: Any
    out: Any


def watch_attention(run: Callable[[], Any]) -> tuple[Any, list[Attention]]:
    """Call `run`, a forward pass of a model in evaluation mode, with gradients.

    Returns its result and its attention layers in order, [] if none can be recorded.
    """
    import torch
    from torch.nn.functional import dropout, multi_head_attention_forward, scaled_dot_product_attention, softmax
    from torch.overrides import TorchFunctionMode

    layers: list[Attention] = []
    steps = _AttentionSteps(layers)

    class Recorder(TorchFunctionMode):
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
            result = func(*args, **kwargs)
            if func in (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__):
                steps.record_product(args[0], args[1], result)
            return steps.record_softmax(result) if func is softmax else result

    with torch.enable_grad(), Recorder():
        return run(), layers


class _AttentionSteps:
    """Recognises attention that a library computes in steps: product, softmax, product with the values."""

    def __init__(self, layers: list[Attention]) -> None:
        """`layers`: the list to which complete layers are appended."""
        self._layers, self._product, self._weights = layers, None, None

    def record_product(self, left: Any, right: Any, product: Any) -> None:
        """Record the matrix product of queries and keys, or of weights and values."""
        if left is self._weights and self._product is not None:
            queries, keys = self._product
            self._layers.append(Attention(queries, keys.transpose(-1, -2), right, left, product))
        elif product.ndim == 4:
            self._product = left, right

    def record_softmax(self, weights: Any) -> Any:
        """Record the output of a softmax and return it with gradients."""
        self._weights = weights if weights.requires_grad else weights.requires_grad_()
        return self._weights


def _attention(q: Any, k: Any, v: Any, mask: Any, scale: float | None = None) -> Attention:
    """Attention by its formula: softmax(q kᵀ · scale + mask) v."""
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
    """The layer of a call of `scaled_dot_product_attention`, with the same arguments."""
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[1] // x.shape[1], dim=1) for x in (key, value))
    if is_causal:
        attn_mask = query.new_ones(query.shape[-2], key.shape[-2]).tril().bool()
    return _attention(query, key, value, attn_mask, scale)


def _projected(
    query: Any, key: Any, value: Any, width: int, heads: int, packed: Any, bias: Any, *rest: Any, **more: Any
) -> Attention:
    """The layer of a call of `multi_head_attention_forward`, before its output projection; inputs (t, n, width)."""
    from torch.nn.functional import linear

    apart = more.get("use_separate_proj_weight")
    matrices = [more[f"{name}_proj_weight"] for name in "qkv"] if apart else packed.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    projections = [linear(x, a, b) for x, a, b in zip((query, key, value), matrices, biases)]
    q, k, v = (x.unflatten(-1, (heads, -1)).permute(1, 2, 0, 3) for x in projections)
    mask = more.get("attn_mask")
    if mask is not None and mask.ndim == 3:
        mask = mask.unflatten(0, (-1, heads))
    return _attention(q, k, v, mask)


def _joined(out: Any, weight: Any, bias: Any) -> Any:
    """The output projection of the concatenated heads: (queries, n, width)."""
    from torch.nn.functional import linear

    return linear(out.permute(2, 0, 1, 3).flatten(2), weight, bias)
