"""The interface of encoders for explanations: pooling, a differentiable input, attribution, and places of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mmalign_core.encoders.attribution import Attribution
from mmalign_core.types import BadInput

if TYPE_CHECKING:
    import torch

_LARGEST_BLOCK = 8
"""Most pixels per side of a square: the cells of the finest grid, 28, in a picture of 224 pixels."""


@dataclass(frozen=True)
class DifferentiableInput:
    """A model's numeric input for a medium, and the medium's vector as a differentiable function of it.

    `inputs` (t, ...) float32: squares of pixels, or frames of a spectrogram. `places` (t, 2 or 4): the part of the view
    that belongs to each, in the units of `explain.masks.Part.place`. `vectors`: (n, t, ...) -> unit vectors (n, dim),
    with gradients.
    """

    inputs: np.ndarray
    places: np.ndarray
    vectors: Callable[[torch.Tensor], torch.Tensor]


def picture_input(pixels: np.ndarray, encode: Callable[[torch.Tensor], torch.Tensor]) -> DifferentiableInput:
    """The input of prepared pixels (c, height, width), in squares that fit any grid. `encode`: a batch -> features."""
    from torch.nn.functional import normalize

    _, height, width = pixels.shape
    side = next(side for side in range(_LARGEST_BLOCK, 0, -1) if height % side == 0 and width % side == 0)
    rows, columns = height // side, width // side
    inputs = pixels.reshape(-1, rows, side, columns, side).transpose(1, 3, 0, 2, 4)

    def vectors(squares: torch.Tensor) -> torch.Tensor:
        whole = squares.unflatten(1, (rows, columns)).permute(0, 3, 1, 4, 2, 5)
        return normalize(encode(whole.flatten(4).flatten(2, 3)), dim=-1)

    return DifferentiableInput(inputs.reshape(rows * columns, -1, side, side), grid_places(rows, columns), vectors)


def grid_places(rows: int, columns: int) -> np.ndarray:
    """Places (rows * columns, 4) of cells, row by row: left, top, right, bottom in 0..1."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    return np.stack([column / columns, row / rows, (column + 1) / columns, (row + 1) / rows], axis=1)


def without_border(places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Places in 0..1 of a padded square, converted to 0..1 of the picture (height, width) in its middle."""
    height, width = shape
    filled = np.array([width, height, width, height]) / max(shape)
    return ((places - 0.5) / filled + 0.5).clip(0, 1).round(9)


def windows(steps: int, length: float, hop: float) -> np.ndarray:
    """Return (start, end) seconds (t, 2) of `steps` windows of `length` seconds that start every `hop` seconds."""
    starts = hop * np.arange(steps)
    return np.stack([starts, starts + length], axis=1)


def intervals(edges: np.ndarray) -> np.ndarray:
    """Return the intervals (p, 2) between consecutive edges (p + 1,)."""
    return np.stack([edges[:-1], edges[1:]], axis=1)


def overlaps(spans: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return (p, t): the share of each span (t, 2) inside each place (p, 2). Columns sum to 1, or 0 if outside all."""
    starts = np.maximum(spans[None, :, 0], places[:, None, 0])
    shared = np.clip(np.minimum(spans[None, :, 1], places[:, None, 1]) - starts, 0, None)
    return shared / np.maximum(shared.sum(axis=0), 1e-12)


class Explainable:
    """The relation of an encoder's vector to its input. With these defaults only occlusion can explain it."""

    name: ClassVar[str]
    pooling: ClassVar[str] = ""
    """Pooling from the sequence to the vector: "mean" or "sum" of the steps; "" for any other function."""
    frames: ClassVar[tuple[float, float]] = (0.0, 0.0)
    """Seconds of sound in a step of the sequence, and between the starts of two steps; 0 for other modalities."""
    heard_from: ClassVar[int] = 0
    """Of a video's steps: the first dimension that comes from the sound. Those before it come from the frames."""

    def differentiable_input(self, view: Any) -> DifferentiableInput | None:
        """The differentiable input of the view; None for texts, and for encoders without gradients."""
        return None

    @property
    def attends(self) -> bool:
        """Whether attention to steps can be recorded, so that `attribution` works. It loads the weights."""
        return False

    def attribution(self, view: Any, direction: np.ndarray, rule: str) -> Attribution:
        """Attribution of the view's unit vector times `direction` (dim,) to its steps, by one of the RULES.

        Raises BadInput unless `attends`.
        """
        raise BadInput(f"encoder '{self.name}' has no attention that can be recorded; choose the method occlusion")
