"""What a model reads of a medium as numbers that can change little by little, and its vector as a function of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

_LARGEST_BLOCK = 8


@dataclass(frozen=True)
class Reading:
    """`inputs` (t, ...) float32: squares of pixels, or moments of a spectrogram; `places` (t, 2 or 4): which part of
    the view each stands for, as `explain.masks.Part.place` tells it. `vectors`: (n, t, ...) -> unit vectors (n, dim),
    with gradients."""

    inputs: np.ndarray
    places: np.ndarray
    vectors: Callable[[torch.Tensor], torch.Tensor]


def picture_reading(pixels: np.ndarray, encode: Callable[[torch.Tensor], torch.Tensor]) -> Reading:
    """Of prepared pixels (c, height, width), in squares small enough for any grid; `encode`: a batch -> features."""
    from torch.nn.functional import normalize

    _, height, width = pixels.shape
    side = next(side for side in range(_LARGEST_BLOCK, 0, -1) if height % side == 0 and width % side == 0)
    rows, columns = height // side, width // side
    inputs = pixels.reshape(-1, rows, side, columns, side).transpose(1, 3, 0, 2, 4)

    def vectors(squares: torch.Tensor) -> torch.Tensor:
        whole = squares.unflatten(1, (rows, columns)).permute(0, 3, 1, 4, 2, 5)
        return normalize(encode(whole.flatten(4).flatten(2, 3)), dim=-1)

    return Reading(inputs.reshape(rows * columns, -1, side, side), grid_places(rows, columns), vectors)


def grid_places(rows: int, columns: int) -> np.ndarray:
    """(rows * columns, 4): left, top, right, bottom of cells row by row, in 0..1."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    return np.stack([column / columns, row / rows, (column + 1) / columns, (row + 1) / rows], axis=1)


def without_border(places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The same places in 0..1 of a picture (height, width) that the model sees whole in the middle of a square."""
    height, width = shape
    filled = np.array([width, height, width, height]) / max(shape)
    return ((places - 0.5) / filled + 0.5).clip(0, 1).round(9)
