"""Sequences of OpenCLIP towers (cells and tokens in the shared space), and attribution to them by attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmalign_core.encoders.attribution import WATCHED, Attribution, attention_attribution
from mmalign_core.encoders.explainable import grid_places
from mmalign_core.types import BadInput


def image_steps(model: Any, pixels: Any, width: int) -> list[Any]:
    """For each picture of (n, 3, h, w) its patches or map cells (t, dim), row by row."""
    tower = model.visual
    kind = type(tower).__name__
    if kind == "VisionTransformer" and tower.attn_pool is None:
        last = tower.forward_intermediates(
            pixels, indices=1, normalize_intermediates=True, intermediates_only=True, output_fmt="NLC"
        )["image_intermediates"][-1]
        return list(last if tower.proj is None else last @ tower.proj)
    if kind == "ModifiedResNet":
        return list(_cells(tower, pixels))
    if kind == "TimmModel":
        return list(_timm(tower, pixels, width))
    raise BadInput(f"open-clip: picture towers of kind {kind} show no sequence; choose an aligner that needs none")


def _cells(tower: Any, pixels: Any) -> Any:
    """The values (n, cells, dim) that the tower's attention pools, after value and output projection."""
    last = tower.forward_intermediates(pixels, indices=1, intermediates_only=True)["image_intermediates"][-1]
    pool = tower.attnpool
    cells = last.flatten(2).transpose(1, 2) + pool.positional_embedding[1:]
    return pool.c_proj(pool.v_proj(cells))


def _timm(tower: Any, pixels: Any, width: int) -> Any:
    """Patches or cells after the projection. Raises BadInput if the tower cannot project them one by one."""
    last = tower.forward_intermediates(pixels, indices=1, normalize_intermediates=True, intermediates_only=True)
    cells = last["image_intermediates"][-1].flatten(2).transpose(1, 2)
    alone = all(type(part).__name__ in ("Linear", "Dropout", "Mlp") for part in tower.head)
    steps = tower.head(cells) if alone else cells
    if steps.shape[-1] != width:
        raise BadInput("open-clip: this picture tower shows no sequence; choose an aligner that needs none")
    return steps


def text_steps(model: Any, tokens: Any) -> list[Any]:
    """For each text of ids (n, context) its tokens (t, dim), without the padding at the end."""
    tower: Any = getattr(model, "text", None)
    kind = type(tower).__name__
    if kind == "HFTextEncoder":
        padding = tower.config.pad_token_id
        states = tower.transformer(input_ids=tokens, attention_mask=(tokens != padding).long()).last_hidden_state
        steps = tower.proj(states)
    elif tower is None or kind == "TextTransformer":
        padding = getattr(tower, "pad_id", 0)
        states = model.forward_intermediates(
            text=tokens, text_indices=1, normalize_intermediates=True, intermediates_only=True
        )["text_intermediates"][-1]
        steps = _projected(states, (model if tower is None else tower).text_projection)
    else:
        raise BadInput(f"open-clip: text towers of kind {kind} show no sequence; choose an aligner that needs none")
    return [row[: _length(ids, padding)] for row, ids in zip(steps, tokens, strict=True)]


def _projected(states: Any, projection: Any) -> Any:
    if projection is None:
        return states
    return projection(states) if callable(projection) else states @ projection


def _length(ids: Any, padding: int) -> int:
    """The number of tokens up to the last one that is not padding, at least 1."""
    tokens = (ids != padding).nonzero()
    return int(tokens[-1]) + 1 if len(tokens) else 1


_MOST_PREFIX = 16
"""Most class and register tokens before a transformer's patches. Chosen: published models have at most 5."""


def picture_grid(model: Any) -> tuple[int, int] | None:
    """Rows and columns of the grid to which an image tower attends last; None if there is no such grid."""
    tower = model.visual
    kind = type(tower).__name__
    if kind == "VisionTransformer" and getattr(tower, "attn_pool_type", "") != "cascade":
        return tower.grid_size
    if kind == "ModifiedResNet":
        side = tower.image_size if isinstance(tower.image_size, int) else tower.image_size[0]
        return side // 32, side // 32
    if kind == "TimmModel" and hasattr(tower.trunk, "blocks"):
        return getattr(getattr(tower.trunk, "patch_embed", None), "grid_size", None)
    return None


def text_attends(model: Any) -> bool:
    """Whether a text tower's attention can be recorded."""
    tower: Any = getattr(model, "text", None)
    if type(tower).__name__ == "HFTextEncoder":
        return tower.config._attn_implementation in WATCHED
    return tower is None or type(tower).__name__ == "TextTransformer"


def picture_attribution(model: Any, pixels: Any, direction: np.ndarray, rule: str) -> Attribution:
    """Attribution for one picture (1, 3, h, w) to patches, or to the cells that a ResNet's attention pools."""
    grid = picture_grid(model)
    assert grid is not None
    cells = grid[0] * grid[1]
    found = attention_attribution(
        lambda: model.encode_image(pixels), direction, lambda keys: cells <= keys <= cells + _MOST_PREFIX, rule
    )
    return Attribution(found[len(found) - cells :], grid_places(*grid))


def text_attribution(model: Any, ids: Any, direction: np.ndarray, places: np.ndarray, rule: str) -> Attribution:
    """Attribution for one text of ids (1, context) to its tokens. `places` (context, 2): the characters of each."""
    length = ids.shape[1]
    found = attention_attribution(
        lambda: model.encode_text(ids), direction, lambda keys: length <= keys <= length + _MOST_PREFIX, rule
    )
    return Attribution(found[:length], places)
