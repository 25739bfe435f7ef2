"""The medium behind one row of a set of vectors: its label and a small picture of it."""

from __future__ import annotations

from mmalign_core.plots import MODALITY_COLOURS
from mmalign_core.types import Collection, EmbeddingSet, Media
from pages._components.media import previews
from pages._session import media_cache
from pages._session.thumbnails import Thumbnail, cover


def medium_of(collection: Collection, rows: EmbeddingSet, row: int) -> Media | None:
    """Return the medium of this row, or None for vectors given ready-made."""
    held = previews.media(collection, rows.ids[row], rows.modality)
    return next((m for m in held if m.digest == rows.keys[row]), held[0] if held else None)


def row_label(collection: Collection, rows: EmbeddingSet, row: int) -> str:
    """Return the text of a text, or the item's title for other media."""
    medium = medium_of(collection, rows, row)
    return medium.text if medium and medium.text else previews.title(collection, rows.ids[row])


def small_picture(medium: Media | None, pixels: int = 64) -> Thumbnail | None:
    """Return the picture within pixels × pixels, a frame of the video or the waveform of the sound; None for a text."""
    if medium is None or medium.modality == "text":
        return None
    if medium.modality == "audio":
        return media_cache.waveform(medium.digest, MODALITY_COLOURS["audio"], medium.path or "")
    if medium.modality == "video":
        return cover(media_cache.film(medium.digest, medium.path or ""))
    return media_cache.thumbnail(medium.digest, pixels, medium.path or "")
