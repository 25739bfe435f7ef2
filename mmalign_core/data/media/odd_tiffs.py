"""TIFFs that Pillow does not read: colours in floats, more bands than a picture has, planes one by one."""

from __future__ import annotations

import io
import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmalign_core.data.media.picture_limits import DAMAGE, check_bytes, check_shape
from mmalign_core.data.media.picture_modes import eight_bits, full_scale_of_floats
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_COLOURS = 3
"""Bands of an RGB picture."""
_LOGS = ("tifffile", "tifffile.tifffile")


def decode_odd_tiff(source: Path | bytes, name: str, settings: Settings) -> tuple[Image.Image, int, str]:
    """The first page as RGB as it is stored, its orientation, and a remark on what was left out, or ''.

    One or two bands are grey, the first three of more are red, green and blue. Raises BadInput, which calls the file
    `name` and says what it holds, if it cannot be decoded.
    """
    import tifffile

    for log in _LOGS:
        logging.getLogger(log).setLevel(logging.CRITICAL)  # it tells of damage there, and then raises it
    held = ""
    try:
        with tifffile.TiffFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            page: Any = file.pages[0]
            held = _kind(page)
            check_shape(int(page.imagewidth), int(page.imagelength), name, settings)
            check_bytes(3 * math.prod(page.shape) * page.dtype.itemsize, name, settings)
            bands = _bands(page)
            turn = page.tags.get("Orientation")
            return _picture(bands), int(turn.value) if turn else 1, _remark(bands)
    except BadInput:
        raise
    except DAMAGE as error:
        what = f" (a TIFF of {held})" if held else ""
        raise BadInput(f"{name} cannot be decoded{what}; save it as a TIFF or PNG of 8 bits") from error


def _kind(page: Any) -> str:
    """The bands and the samples of a page in words: '3 x 32-bit floats'."""
    dtype = np.dtype(page.dtype)
    sort = {"f": "floats", "c": "complex numbers"}.get(dtype.kind, "whole numbers")
    return f"{page.samplesperpixel} x {8 * dtype.itemsize}-bit {sort}, packed as {page.compression.name.lower()}"


def _bands(page: Any) -> np.ndarray:
    """The samples (bands, height, width) of a page."""
    samples = np.asarray(page.asarray())
    if samples.dtype.kind not in "fiub":
        raise TypeError("no real numbers")
    flat = [axis for axis in range(samples.ndim) if samples.shape[axis] != 1]
    height, width = int(page.imagelength), int(page.imagewidth)
    if int(page.planarconfig) == 1 or page.samplesperpixel == 1 or len(flat) < 2:
        return samples.reshape(height, width, -1).transpose(2, 0, 1)
    return samples.reshape(-1, height, width)


def _picture(bands: np.ndarray) -> Image.Image:
    shown = bands[:_COLOURS] if len(bands) >= _COLOURS else bands[:1]
    if shown.dtype.kind == "f":
        full = full_scale_of_floats(float(np.nan_to_num(shown, nan=0.0, posinf=0.0, neginf=0.0).max(initial=0.0)))
    else:
        full = 1.0 if shown.dtype.kind == "b" else float(np.iinfo(shown.dtype).max)
    levels = np.stack([eight_bits(band, full) for band in shown], axis=2)
    return Image.fromarray(levels if len(shown) == _COLOURS else levels[..., 0]).convert("RGB")


def _remark(bands: np.ndarray) -> str:
    more = len(bands) > _COLOURS + 1
    return f"has {len(bands)} bands, of which the first three are shown as red, green and blue" if more else ""
