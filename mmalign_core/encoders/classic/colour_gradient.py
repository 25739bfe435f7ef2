"""Pictures as histograms of colours and of edge directions; nothing is learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder, register
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say

SIDE, CELLS = 128, 4
"""Pixels per side, and cells per side. Chosen: 16 cells of 32 pixels per side locate edges well enough."""
_CELL = SIDE // CELLS
_HUES, _SATURATIONS, _VALUES = 8, 4, 4
COLOURS = _HUES * _SATURATIONS * _VALUES
"""Steps of hue, saturation and value. Chosen: hue gets more steps, as in Swain & Ballard 1991, who give colour more
than lightness."""
_DIRECTIONS, _BLOCK = 9, 2
_BLOCKS = CELLS - _BLOCK + 1
GRADIENTS = _BLOCKS**2 * _BLOCK**2 * _DIRECTIONS
"""Nine directions of edges and blocks of 2 x 2 cells are the values of Dalal & Triggs 2005; the rest follows."""


@register("colour-gradient")
class ColourGradient(Encoder):
    """128 colours (hue, saturation, value; Swain & Ballard 1991), then oriented gradients (Dalal & Triggs 2005).

    The picture is squashed to 128 x 128 pixels and cut into 4 x 4 cells; each half sums to 1.
    """

    version = "1"
    modality = "image"
    dim = COLOURS + GRADIENTS
    space = "colour-gradient"
    summary = say(
        "Colour and edge histograms of pictures, {colours}-d; classic, nothing learned", colours=COLOURS + GRADIENTS
    )
    licence = "Apache-2.0"
    batch_size = 64
    pooling = "sum"

    def load(self) -> None:
        """Do nothing, since there are no weights."""

    def view(self, media: Media) -> np.ndarray:
        """uint8 pixels (height, width, 3) of the whole picture."""
        from mmalign_core.data.media.images import decode_image

        if media.path is None:
            raise BadInput(f"item '{media.item}': the picture has no file; give its path")
        return np.asarray(decode_image(media.path, self.settings, at_least=(2 * SIDE, 2 * SIDE)))

    def from_view(self, view: np.ndarray) -> np.ndarray:
        """The histograms of the cells, (16, d) float32."""
        from PIL import Image

        squashed = Image.fromarray(view).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        return cell_histograms(np.asarray(squashed))

    def encode(self, prepared: Sequence[np.ndarray]) -> Encoded:
        """Vectors (n, d): the sums over cells."""
        return Encoded(np.stack([cells.sum(axis=0) for cells in prepared]))

    def sequences(self, prepared: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each picture (16, d): the cells row by row; their sum is the picture's vector."""
        return list(prepared)


def cell_histograms(pixels: np.ndarray) -> np.ndarray:
    """Histograms (16, d) float32 of uint8 pixels (128, 128, 3): each cell's share of the colours and its gradients."""
    colours, gradients = _colours(pixels), _gradients(pixels)
    total = gradients.sum()
    return np.concatenate([colours / colours.sum(), gradients / (total or 1)], axis=1, dtype=np.float32)


def _colours(pixels: np.ndarray) -> np.ndarray:
    """The number of pixels of each of 128 colours in each cell, (16, 128)."""
    from skimage.color import rgb2hsv

    steps = np.array([_HUES, _SATURATIONS, _VALUES])
    bins = np.minimum((rgb2hsv(pixels) * steps).astype(int), steps - 1)
    colour = (bins[..., 0] * _SATURATIONS + bins[..., 1]) * _VALUES + bins[..., 2]
    row, column = np.indices(colour.shape) // _CELL
    places = (row * CELLS + column) * COLOURS + colour
    return np.bincount(places.ravel(), minlength=CELLS**2 * COLOURS).reshape(CELLS**2, COLOURS)


def _gradients(pixels: np.ndarray) -> np.ndarray:
    """The oriented gradients (16, 324): row i holds those of cell i and zeros elsewhere."""
    from skimage.feature import hog

    size = (_CELL, _CELL), (_BLOCK, _BLOCK)
    blocks = hog(pixels, _DIRECTIONS, *size, block_norm="L2-Hys", channel_axis=-1, feature_vector=False)
    down, across, row, column, _ = np.indices(blocks.shape)
    cell = ((down + row) * CELLS + across + column).ravel()
    gradients = np.zeros((CELLS**2, GRADIENTS))
    gradients[cell, np.arange(GRADIENTS)] = blocks.ravel()
    return gradients
