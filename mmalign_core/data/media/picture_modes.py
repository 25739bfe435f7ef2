"""Modes of pictures: any of Pillow's modes, and arrays of samples, as 8-bit RGB on white."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

_STRIP = 1 << 22
"""Pixels that are converted at a time; our choice: 16 MB of an RGB image."""
_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def to_rgb(image: Image.Image, shrink: int = 1) -> Image.Image:
    """A loaded image of any Pillow mode as 8-bit RGB with transparency on white.

    `shrink`: means of so many by so many pixels become one. Strips are converted one by one, so that no second copy
    of a large picture is held.
    """
    full = _full_scale(image) if _is_deep(image) else 0.0
    if image.width * image.height <= _STRIP:
        return _shrunk(_converted(image, full), shrink)
    whole = Image.new("RGB", (math.ceil(image.width / shrink), math.ceil(image.height / shrink)))
    for top, strip in _strips(image, shrink):
        whole.paste(_shrunk(_converted(strip, full), shrink), (0, top // shrink))
    return whole


def eight_bits(values: np.ndarray, full: float) -> np.ndarray:
    """Samples as uint8, where `full` becomes 255. NaN and infinity become 0."""
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(np.rint(values * (255.0 / full)), 0, 255).astype(np.uint8)


def full_scale_of_floats(top: float) -> float:
    """What is white among floats up to `top`: 1, 255, or the largest itself."""
    return 1.0 if top <= 1 else max(255.0, top)


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith("I") or image.mode == "F"


def _strips(image: Image.Image, shrink: int) -> Iterator[tuple[int, Image.Image]]:
    rows = max(1, _STRIP // image.width // shrink) * shrink
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _shrunk(image: Image.Image, shrink: int) -> Image.Image:
    return image.reduce(shrink) if shrink > 1 else image


def _converted(image: Image.Image, full: float) -> Image.Image:
    if full:
        return Image.fromarray(eight_bits(np.asarray(image), full)).convert("RGB")
    if image.mode in _ALPHA or "transparency" in image.info:
        clear = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, "RGBA")).convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def _full_scale(image: Image.Image) -> float:
    """What is white in an image of 16 or 32 bits or of floats: the full range of its type."""
    top = max((_top(np.asarray(strip)) for _, strip in _strips(image, 1)), default=0.0)
    if image.mode == "F":
        return full_scale_of_floats(top)
    if image.mode.startswith("I;16") or image.format == "PNG" or 255 < top <= 65535:
        return 65535.0
    return max(255.0, top)


def _top(values: np.ndarray) -> float:
    return float(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).max(initial=0))
