"""Pictures as the data URIs that servers read."""

from __future__ import annotations

import base64
import io

import numpy as np

LONGEST_SIDE = 768
"""Most pixels of the longer side of a sent picture. Chosen: models of servers read squares of 224 to 768."""
QUALITY = 90
"""Quality of the JPEG; our choice: its losses are below what the reduction loses."""


def picture_uri(pixels: np.ndarray) -> str:
    """Pixels (h, w, 3) uint8 as 'data:image/jpeg;base64,…', with a longer side of at most LONGEST_SIDE."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
