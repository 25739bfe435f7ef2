"""JPEGs that end early: decoded if all their pixels are there, else how many rows of them are."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from mmalign_core.types import BadInput

_END = b"\xff\xd9"
"""The marker at the end of a JPEG (ITU-T T.81, B.2.1)."""
_FILLER = bytes(np.random.default_rng(0).integers(1, 255, 1 << 14, np.uint8))
"""What stands in for absent bytes; nothing in it reads as a marker."""

Decode = Callable[[io.BytesIO], Image.Image]


def decode_cut_jpeg(content: bytes, name: str, decode: Decode) -> Image.Image:
    """The picture in a JPEG without its end. Raises BadInput, which calls it `name`, if pixels are missing.

    It is decoded with the end put right behind it and with other bytes between: pixels that depend on these were cut
    off. `decode` gives the stored pixels.
    """
    content = content.rstrip(b"\xff") if content.endswith(b"\xff") else content
    image, other = (decode(io.BytesIO(content + between + _END)) for between in (b"", _FILLER))
    wrong = (np.asarray(image) != np.asarray(other)).reshape(image.height, -1).any(axis=1)
    if wrong.any():
        there = f"{int(wrong.argmax()):,} of {image.height:,} rows of the picture are there"
        raise BadInput(f"{name} is cut off: {there}; replace the file")
    return image
