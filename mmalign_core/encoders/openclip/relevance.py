"""Relevance in OpenCLIP towers, by their attention: cells of a picture and tokens of a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmalign_core.encoders.reading import grid_places
from mmalign_core.encoders.relevance import WATCHED, Relevance, attention_relevance

_MOST_PREFIX = 16
"""Class and register tokens that a transformer may put before its patches."""


def picture_grid(model: Any) -> tuple[int, int] | None:
    """Rows and columns of what a picture tower attends to last; None where it attends to no such grid."""
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
    """Whether a text tower's attention can be watched."""
    tower: Any = getattr(model, "text", None)
    if type(tower).__name__ == "HFTextEncoder":
        return tower.config._attn_implementation in WATCHED
    return tower is None or type(tower).__name__ == "TextTransformer"


def picture_relevance(model: Any, pixels: Any, direction: np.ndarray, rule: str) -> Relevance:
    """Of one picture (1, 3, h, w): patches, or the cells that a ResNet's attention pools, row by row."""
    grid = picture_grid(model)
    assert grid is not None
    cells = grid[0] * grid[1]
    found = attention_relevance(
        lambda: model.encode_image(pixels), direction, lambda keys: cells <= keys <= cells + _MOST_PREFIX, rule
    )
    return Relevance(found[len(found) - cells :], grid_places(*grid))


def text_relevance(model: Any, ids: Any, direction: np.ndarray, places: np.ndarray, rule: str) -> Relevance:
    """Of one text (1, context) ids, whose `places` (context, 2) say which characters each token stands for."""
    length = ids.shape[1]
    found = attention_relevance(
        lambda: model.encode_text(ids), direction, lambda keys: length <= keys <= length + _MOST_PREFIX, rule
    )
    return Relevance(found[:length], places)
