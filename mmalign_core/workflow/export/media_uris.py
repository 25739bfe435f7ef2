"""Small pictures and short sounds as data URIs, for exported pages."""

from __future__ import annotations

import base64
import mimetypes
from pathlib import Path

from mmalign_core.data.media.picture_uris import image_uri
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say

LONGEST_SOUND = 600_000
"""Most bytes of a sound in the page; longer ones become a line of text. Our choice: ten make 8 MB."""


def picture_uri(path: str, pixels: int, settings: Settings) -> str:
    """Return the picture within pixels x pixels as a WebP data URI. BadInput if it cannot be decoded."""
    from PIL import Image

    from mmalign_core.data.media.images import decode_image

    image = decode_image(path, settings, at_least=(pixels, pixels))
    image.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    return image_uri(image)


def sound_uri(sound: Media, longest: int = LONGEST_SOUND) -> str:
    """Return the sound's file as a data URI. BadInput with the reason if it is missing or too large."""
    path = Path(sound.path or "")
    if not path.is_file():
        raise BadInput(say("the sound's file is no longer there"))
    size = path.stat().st_size
    if size > longest:
        raise BadInput(say("the sound ({size:.1f} MB) is too large to be part of this page", size=size / 1e6))
    kind = mimetypes.guess_type(path.name)[0] or "audio/wav"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
