"""Pictures as data URIs, for pages and for servers that read pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

SENT_SIDE = 768
"""Most pixels of the longer side of a picture that is sent. Chosen: models of servers read squares of 224 to 768."""
WRITTEN: Mapping[str, Mapping[str, int]] = {"webp": {"quality": 82, "method": 2}, "jpeg": {"quality": 90}}
"""Kind of file -> how it is written. Chosen: WebP is smallest on a page, JPEG is what every server reads; the losses of
both are below what the reduction loses."""


def pixels_uri(pixels: np.ndarray, most: int, kind: str = "webp") -> str:
    """Return uint8 pixels (h, w, 3) within most x most as a data URI of this kind."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((most, most), Image.Resampling.LANCZOS)
    return image_uri(image, kind)


def image_uri(image: Any, kind: str = "webp") -> str:
    """Return a Pillow image as a data URI of this kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind.upper(), **WRITTEN[kind])
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
