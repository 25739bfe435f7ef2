"""Pictures: any common format is decoded to an upright 8-bit RGB image."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmalign_core.data.formats import HEAD_BYTES, why_not_picture
from mmalign_core.data.names import file_words
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM")
"""Pillow's names of the formats that are tried (JPEG includes MPO).

Formats that may run a program are not among them.
"""

Image.init()  # loads all plug-ins, so that those of FORMATS are available

_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError)
_DAMAGE += (RuntimeError, MemoryError, AssertionError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow's decoders raise on damaged files."""

_ORIENTATION = 0x0112
"""The EXIF tag of the orientation, with the values 1 to 8 (EXIF 2.3, 4.6.4)."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientation -> the transposition that turns the picture upright."""
_SIDEWAYS = (5, 6, 7, 8)
"""Orientations that swap width and height."""


def decode_image(
    source: str | Path | bytes, settings: Settings | None = None, *, at_least: tuple[int, int] | None = None
) -> Image.Image:
    """The first frame of a picture as an RGB image, upright by its EXIF orientation, transparency on white, 8 bits.

    `source`: a path or the bytes of a file. `at_least` (width, height) in pixels lets JPEGs be decoded at 1/2, 1/4 or
    1/8 of their size as long as both sides stay as large as that; this is several times faster, and pixels differ
    slightly from those of a full decode. Raises BadInput if the file is missing, damaged, no picture, or has more than
    `settings.max_image_pixels`.
    """
    settings = settings or Settings()
    name = "the picture" if isinstance(source, bytes) else file_words(source, "picture")
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
            _check_size(image, name, settings)
            if at_least and image.format in ("JPEG", "MPO"):
                _draft(image, at_least)
            image.load()
            turn = _UPRIGHT.get(_orientation(image))
            rgb = to_rgb(image)
            return rgb if turn is None else rgb.transpose(turn)
    except BadInput:
        raise
    except _DAMAGE as error:
        raise BadInput(_why_unreadable(source, name, error)) from error


def image_size(source: str | Path) -> tuple[int, int]:
    """(width, height) in pixels of a picture that can be decoded, upright, read from its header."""
    with Image.open(source, formats=FORMATS) as image:
        width, height = image.size
        return (height, width) if _orientation(image) in _SIDEWAYS else (width, height)


def to_rgb(image: Image.Image) -> Image.Image:
    """A loaded image of any Pillow mode as 8-bit RGB with transparency on white."""
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_eight_bits(np.asarray(image), image)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        clear = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, "RGBA")).convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def _eight_bits(values: np.ndarray, image: Image.Image) -> np.ndarray:
    """Samples of 16 or 32 bits or floats as uint8, scaled by the full range of their type.

    NaN and infinity become 0.
    """
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    if image.mode == "F":
        full = 1.0 if top <= 1 else max(255.0, top)
    elif image.mode.startswith("I;16") or image.format == "PNG" or 255 < top <= 65535:
        full = 65535.0
    else:
        full = max(255.0, top)
    return np.clip(np.rint(values * (255.0 / full)), 0, 255).astype(np.uint8)


def _check_size(image: Image.Image, name: str, settings: Settings) -> None:
    width, height = image.size
    if width * height > settings.max_image_pixels:
        raise BadInput(
            f"{name} has {width} x {height} pixels, more than {settings.max_image_pixels:,}; make it smaller "
            "or raise MMALIGN_MAX_IMAGE_PIXELS"
        )


def _draft(image: Any, at_least: tuple[int, int]) -> None:
    sideways = _orientation(image) in _SIDEWAYS
    image.draft(image.mode, at_least[::-1] if sideways else at_least)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation 1 to 8; 1 (upright) if the EXIF data are damaged, since the pixels can still be used."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGE:
        return 1


def _why_unreadable(source: str | Path | bytes, name: str, error: BaseException) -> str:
    """The message about a picture that could not be decoded."""
    if isinstance(error, Image.DecompressionBombError):
        return f"{name} has more pixels than can be decoded safely; make it smaller"
    if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
        return f"{name} cannot be opened: {error.strerror}"
    head = source[:HEAD_BYTES] if isinstance(source, bytes) else _head(Path(source))
    return why_not_picture(head, name) or f"{name} is damaged or cut off and cannot be decoded; replace the file"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
