"""Media in the forms that pages show, and as encoders see them: keyed on digests, and bounded by bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from mmalign_core.plots import MapGroups, density_picture
from mmalign_core.types import Media
from mmalign_core.workflow import DecodedVideo, Film, PlayableVideo, decode_soundtrack, encoder_of, playable_video
from pages._session import cache
from pages._session.sized_cache import SizedCache
from pages._session.thumbnails import Thumbnail, film_frames, picture_thumbnail, pixels_thumbnail, waveform_thumbnail
from pages._session.visitors import visitor

MEDIA = SizedCache(96_000_000, lambda: visitor().owner)
"""Small pictures take about 5 kB each, strips of frames 50 kB, decoded media up to some 10 MB. Our choice: the
thumbnails of 10,000 items, and some decoded media."""
MAPS = SizedCache(192_000_000, lambda: visitor().owner)
"""A million points of half as many items take 26 MB here, and a colouring 1 MB; the index of their items, which
grows with the first look-up, about as much again. Our choice: a few of such maps."""

T = TypeVar("T")


@MAPS.keep
def of_map(key: str, _make: Callable[[], T]) -> T:
    """Return the places of a map as the browser gets them. `_make` makes them once for each `key`."""
    return _make()


@MAPS.keep
def of_colouring(key: str, _make: Callable[[], T]) -> T:
    """Return the colours of a map's points. `_make` makes them once for each `key`."""
    return _make()


@MAPS.keep
def density(key: str, size: tuple[int, int], _places: np.ndarray, _groups: MapGroups) -> bytes:
    """Return the picture of a map's density as PNG."""
    kept = io.BytesIO()
    density_picture(_places, _groups, size).save(kept, "PNG")
    return kept.getvalue()


@MEDIA.keep
def thumbnail(digest: str, pixels: int, path: str) -> Thumbnail | None:
    """Return a small picture, or None if it cannot be decoded."""
    return picture_thumbnail(path, pixels)


@MEDIA.keep
def film(digest: str, path: str) -> Film | None:
    """Return a few small frames of the video, or None if it cannot be decoded."""
    return film_frames(path)


@MEDIA.keep
def played(digest: str, path: str) -> PlayableVideo | None:
    """Return the video in a form that browsers play, or None. BadInput if its file is gone."""
    return playable_video(path)


@MEDIA.keep
def soundtrack(digest: str, rate: int, seconds: float, path: str) -> np.ndarray:
    """Return the beginning of a video's sound. BadInput if there is none."""
    return decode_soundtrack(path, rate, seconds, cache.settings())


@MEDIA.keep
def waveform(digest: str, colour: str, path: str) -> Thumbnail | None:
    """Return the sound's waveform, or None if it cannot be decoded."""
    return waveform_thumbnail(path, colour)


@MEDIA.keep
def seen_picture(digest: str, encoder_key: str, _picture: Media) -> Thumbnail:
    """Return the encoder's view of the picture. BadInput if it cannot be decoded."""
    return pixels_thumbnail(encoder_of(encoder_key, _picture.modality).view(_picture))


@MEDIA.keep
def watched(digest: str, encoder_key: str, _video: Media) -> DecodedVideo:
    """Return the encoder's view of the video. BadInput if it cannot be decoded."""
    return encoder_of(encoder_key, _video.modality).view(_video)


@MEDIA.keep
def heard(digest: str, encoder_key: str, _sound: Media) -> tuple[np.ndarray, int]:
    """Return the encoder's view of the sound, and its samples per second. BadInput if it cannot be decoded."""
    model = encoder_of(encoder_key, _sound.modality)
    return model.view(_sound), model.rate


def view_of(medium: Media, encoder_key: str) -> Any:
    """Return the encoder's view of the text or picture: str, or uint8 pixels (h, w, 3)."""
    return encoder_of(encoder_key, medium.modality).view(medium)
