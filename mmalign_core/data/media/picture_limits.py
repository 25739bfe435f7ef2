"""Limits of pictures, checked by their headers: pixels, sides, bytes once decoded, and how many are decoded at once."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from PIL import Image

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_RESULT = 4
"""Bytes of a pixel of an RGB image in Pillow's memory."""
_HELD = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""Bytes of a pixel of a mode in Pillow's memory; of any other mode 4."""
DAMAGE = (ValueError, TypeError, LookupError, OSError, EOFError, RuntimeError, ArithmeticError, AttributeError)
DAMAGE += (MemoryError, ImportError, AssertionError, struct.error)
"""What pydicom and tifffile raise on damaged files, and on packings for which they would need another library."""
_DECODER = {"JPEG2000": 16, "AVIF": 12, "HEIF": 8, "WEBP": 8}
"""Bytes of a pixel that a format's decoder holds beside the image. Measured on pictures of 20 million pixels."""
_DEFLATE = 1032
"""The largest growth that deflate reaches (zlib's technical notes)."""
_PNG_BITS = {"1": 1, "L": 8, "P": 1, "LA": 16, "RGB": 24, "RGBA": 32, "I": 16, "I;16": 16, "I;16B": 16}
"""Bits of a pixel that a PNG of the mode stores at least."""


def check_picture(image: Image.Image, name: str, stored: int, settings: Settings) -> int:
    """The bytes that decoding an opened image takes; raises BadInput, which calls it `name`, beyond the limits.

    `stored`: bytes of the file. A PNG whose file cannot hold its pixels, however well it is packed, is refused.
    """
    width, height = image.size
    check_shape(width, height, name, settings)
    if image.format == "PNG" and width * height * _PNG_BITS.get(image.mode, 1) // 8 > _DEFLATE * stored:
        raise BadInput(
            f"{name} is cut off: its {stored:,} bytes cannot hold {width} x {height} pixels; replace the file"
        )
    needed = width * height * (_HELD.get(image.mode, 4) + _RESULT + _DECODER.get(image.format or "", 0))
    check_bytes(needed, name, settings)
    return needed


def check_shape(width: int, height: int, name: str, settings: Settings) -> None:
    """Raises BadInput, which calls the picture `name`, for more pixels or a longer side than the settings allow."""
    if width * height > settings.max_image_pixels:
        raise BadInput(
            f"{name} has {width} x {height} pixels, more than {settings.max_image_pixels:,}; make it smaller "
            "or raise MMALIGN_MAX_IMAGE_PIXELS"
        )
    if max(width, height) > settings.max_image_side:
        raise BadInput(
            f"{name} has {width} x {height} pixels, a side longer than {settings.max_image_side:,}; cut it "
            "or raise MMALIGN_MAX_IMAGE_SIDE"
        )


def check_bytes(needed: int, name: str, settings: Settings) -> None:
    """Raises BadInput, which calls the picture `name`, if to decode it takes more memory than the settings allow."""
    if needed > settings.max_image_bytes:
        raise BadInput(
            f"{name} takes {needed / 1e6:,.0f} MB to decode, more than {settings.max_image_bytes / 1e6:,.0f}; "
            "make it smaller or raise MMALIGN_MAX_IMAGE_BYTES"
        )


class _Gate:
    """Lets pictures be decoded by several threads while their bytes together stay below a limit."""

    def __init__(self) -> None:
        self._changed, self._held = Condition(), 0

    @contextmanager
    def holding(self, needed: int, limit: int) -> Iterator[None]:
        """Wait until `needed` bytes are free, or nothing else is decoded, and hold them in the block."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held or self._held + needed <= limit)
            self._held += needed
        try:
            yield
        finally:
            with self._changed:
                self._held -= needed
                self._changed.notify_all()


holding = _Gate().holding
