"""An item: its title, its thumbnail, its media in full, its metadata, and where its media come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from mmalign_core.plots import MODALITY_COLOURS, cut_text
from mmalign_core.types import Collection, Media
from mmalign_core.wording import say, tr
from pages._components import errors
from pages._components.media import videos
from pages._session import cache, media_cache, state
from pages._session.sources import shared_titles
from pages._session.thumbnails import Thumbnail, cover

_DEMO_SOURCES = say("Drawings: OpenMoji, CC BY-SA 4.0. Sounds synthesised, users simulated. All sources and licences")
_WIDEST, _LARGE = 440, 640
"""Pixels of a large picture on the page and in its file: more pixels keep it sharp on dense screens."""


def media(collection: Collection, item: str, modality: str) -> Sequence[Media]:
    """Return the item's media of one modality."""
    return cache.media_by_item(collection).get(item, {}).get(modality, ())


def title(collection: Collection, item: str, limit: int = 60) -> str:
    """Return the item's title column, else its first text, else its id, cut to one line of `limit` characters."""
    return cut_text(cache.titles(collection)[item], limit)


def menu_title(collection: Collection, item: str, limit: int = 60) -> str:
    """Return the title for a menu: where several items share a title, the id follows it, and the title is cut first."""
    return menu_titles(collection, limit)[item]


def menu_titles(collection: Collection, limit: int = 60) -> Mapping[str, str]:
    """Return item -> its title for a menu, kept: a menu asks for all of them whenever it is drawn."""
    kind = tr("titles of {limit} letters", limit=limit)
    return cache.of_collection(kind, collection, lambda held: _menu_titles(held, limit))


def _menu_titles(collection: Collection, limit: int) -> dict[str, str]:
    shared, titles, found = shared_titles(collection), cache.titles(collection), {}
    for item in collection.ids:
        known = cut_text(item, limit // 2)
        short = cut_text(titles[item], limit - len(known) - 3) if item in shared else ""
        found[item] = f"{short} ({known})" if short else cut_text(titles[item], limit)
    return found


def thumbnail(collection: Collection, item: str, pixels: int = 220) -> Thumbnail | None:
    """Return the item's first picture, else a frame of its video, else the waveform of its sound, else None."""
    for picture in media(collection, item, "image"):
        return media_cache.thumbnail(picture.digest, pixels, picture.path or "")
    for video in media(collection, item, "video"):
        return cover(media_cache.film(video.digest, video.path or ""))
    for sound in media(collection, item, "audio"):
        return media_cache.waveform(sound.digest, MODALITY_COLOURS["audio"], sound.path or "")
    return None


def show_item(collection: Collection, item: str, *, metadata: bool = True, tallest: int = 260) -> None:
    """Draw the item's title, its first media of every modality, and its metadata."""
    st.markdown(f"##### {errors.plain(title(collection, item, 90))}")
    for picture in media(collection, item, "image")[:3]:
        show_picture(picture, title(collection, item), tallest)
    texts = [text for text in media(collection, item, "text") if text.text != title(collection, item, 90)]
    for text in texts[:5]:
        st.markdown(f":blue[:material/notes:] {errors.plain(cut_text(text.text or '', 600))}")
    for video in media(collection, item, "video")[:2]:
        videos.show(video, title(collection, item))
    for sound in media(collection, item, "audio")[:3]:
        show_sound(sound, title(collection, item))
    if not cache.media_by_item(collection).get(item):
        st.caption(tr("The collection holds only its vectors: there is no medium to show."))
    if metadata:
        show_metadata(collection, item)


def show_picture(picture: Media, alt: str, tallest: int = 260) -> None:
    """Draw a large picture, at most `tallest` pixels high."""
    drawn = media_cache.thumbnail(picture.digest, _LARGE, picture.path or "")
    if drawn is None:
        errors.show(tr("the picture of '{item}' cannot be decoded; replace its file", item=picture.item))
        return
    width, height = drawn.width, drawn.height
    st.image(drawn.uri, alt=alt, width=max(1, min(_WIDEST, width, round(width * tallest / height))))


def show_sound(sound: Media, alt: str) -> None:
    """Draw the player of a sound."""
    if Path(sound.path or "").is_file():
        st.audio(sound.path or "", alt=alt)
    else:
        errors.show(tr("the sound's file is no longer there"))


def show_metadata(collection: Collection, item: str) -> None:
    """Draw the item's first eight non-empty metadata columns and its id, one line each."""
    row = collection.items.loc[item]
    pairs = [(name, value) for name, value in row.items() if str(value) not in ("", "nan", "None", "NaT", "<NA>")]
    lines = [f"{errors.plain(cut_text(name, 24))}: {errors.plain(cut_text(value, 80))}" for name, value in pairs[:8]]
    st.caption("  \n".join([*lines, tr("id: {item}", item=errors.plain(cut_text(item, 80)))]))


def attribution(collection: Collection) -> None:
    """Draw the source and licence of the media: one line, or a button that opens a longer text."""
    lines = [line.strip() for line in collection.attribution.splitlines() if line.strip()]
    if len(lines) == 1:
        st.caption(errors.plain(lines[0]))
    elif lines and state.view_spec().source["kind"] == "demo":
        with st.popover(tr(_DEMO_SOURCES), type="tertiary", icon=":material/copyright:"):
            st.markdown(collection.attribution)
    elif lines:
        with st.popover(tr("Where the media come from"), type="tertiary", icon=":material/copyright:"):
            st.text(cut_text("\n".join(lines), 20_000))
