"""Small pictures as data URIs: of pictures, of a frame of a video, and of the waveforms of sounds."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mmalign_core.types import BadInput
from mmalign_core.workflow import Film, decode_image, peaks, picture_uri, read_audio, read_film


@dataclass(frozen=True)
class Thumbnail:
    """A data URI with its size in pixels. `look`: photo, drawing (all corners white) or wave."""

    uri: str
    width: int
    height: int
    look: str


def picture_thumbnail(path: str, pixels: int) -> Thumbnail | None:
    """Return the picture within pixels × pixels as WebP, or None if it cannot be decoded."""
    try:
        image = decode_image(path, at_least=(pixels, pixels))
    except BadInput:
        return None  # the file vanished or changed after it was read; the card shows its text instead
    image.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    corners = np.asarray(image)[[0, 0, -1, -1], [0, -1, 0, -1]]
    look = "photo" if (corners < 245).any() else "drawing"
    return Thumbnail(picture_uri(image), image.width, image.height, look)


def pixels_thumbnail(pixels: np.ndarray, most: int = 480) -> Thumbnail:
    """Return uint8 pixels (h, w, 3) within most × most."""
    image = Image.fromarray(pixels)
    image.thumbnail((most, most), Image.Resampling.LANCZOS)
    return Thumbnail(picture_uri(image), image.width, image.height, "photo")


def film_frames(path: str) -> Film | None:
    """Return a few frames of the video, or None if none can be decoded."""
    try:
        return read_film(path)
    except BadInput:
        return None  # see picture_thumbnail


def cover(film: Film | None) -> Thumbnail | None:
    """Return the representative frame of the video."""
    return film and Thumbnail(film.cover, film.width, film.height, "photo")


def waveform_thumbnail(path: str, colour: str, bars: int = 48) -> Thumbnail | None:
    """Return the sound's waveform as an SVG of vertical bars."""
    try:
        samples, _ = read_audio(path)
    except BadInput:
        return None  # see picture_thumbnail
    low, high = np.asarray(peaks(samples, bars)).T
    loudest = max(float(np.abs([low, high]).max()), 1e-6)
    shapes = "".join(
        f"<rect x='{4 * place}' y='{30 - 28 * top / loudest:.1f}' width='2.6' rx='1.3' "
        f"height='{max(28 * (top - bottom) / loudest, 2):.1f}'/>"
        for place, (bottom, top) in enumerate(zip(low, high))
    )
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='-2 0 {4 * bars + 4} 60' fill='{colour}'>{shapes}</svg>"
    uri = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    return Thumbnail(uri, 4 * bars + 4, 60, "wave")


def as_label(picture: Thumbnail) -> str:
    """Return a small picture as Markdown for labels of buttons, as high as the letters."""
    return f"![]({picture.uri})"
