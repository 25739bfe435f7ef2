"""A video: a few frames with their times, and its player; only its sound if no browser plays the video."""

from __future__ import annotations

import html
from pathlib import Path

import streamlit as st

from mmalign_core.types import BadInput, Media
from mmalign_core.wording import tr
from mmalign_core.workflow import Film, clock_time, modality_of
from pages._components import errors
from pages._session import media_cache

_WIDEST, _UPRIGHT = 440, 220
"""Pixels in width: of a video, and of an upright one, which is then as high as its column shows."""
_SOUND_SECONDS, _SOUND_RATE = 60.0, 16_000
"""Seconds and samples per second of the sound: a minute at the rate of speech is 2 MB on the page."""


def show(video: Media, alt: str, width: int = _WIDEST) -> None:
    """Draw frames and player within `width` pixels, or an error line if the video cannot be decoded."""
    film = media_cache.film(video.digest, video.path or "")
    if film is None:
        errors.show(tr("the video of '{item}' cannot be decoded; replace its file", item=video.item))
        return
    st.html(_strip(film, alt, width))
    if modality_of(video.path or "") == "image":
        st.image(video.path or "", alt=alt, width=min(width, film.width * 2))
        return
    with errors.shown():
        _player(video, film, alt, width)


def _player(video: Media, film: Film, alt: str, width: int) -> None:
    """Draw the player. An upright video gets half the width, so that it fits on the screen."""
    found = media_cache.played(video.digest, video.path or "")
    if found is None:
        _sound(video, alt)
        return
    upright = film.height > film.width
    st.video(found.source, format=found.mime, width=min(width, _UPRIGHT) if upright else width)
    if not found.whole:
        st.caption(tr("The file is large: the player holds its beginning, the frames come from all of it."))
    if not found.heard:
        st.caption(tr("Its sound is of a kind that browsers do not play."))


def _sound(video: Media, alt: str) -> None:
    """Draw the sound alone."""
    kind = Path(video.path or "").suffix.lstrip(".").upper() or "file"
    st.caption(
        tr(
            "Browsers do not play what is inside this {kind}; these are its frames and its sound, if it has one.",
            kind=kind,
        )
    )
    try:
        samples = media_cache.soundtrack(video.digest, _SOUND_RATE, _SOUND_SECONDS, video.path or "")
    except BadInput:
        return  # no sound, or one that cannot be decoded: the frames are shown alone
    if len(samples):
        st.audio(samples, sample_rate=_SOUND_RATE, alt=tr("The sound of {alt}", alt=alt))


def _strip(film: Film, alt: str, width: int) -> str:
    """Return the frames as HTML in rows of three, or of six if they are upright, with the time below each."""
    across = 3 if film.width >= film.height else 6
    moments = [clock_time(time, film.seconds) for time in film.times]
    cells = "".join(
        f'<figure style="margin:0"><img src="{uri}" alt="{html.escape(alt)} at {moment}"'
        f' style="width:100%;display:block;border-radius:5px">'
        f'<figcaption style="font-size:11px;opacity:.65;line-height:1.5">{moment}</figcaption></figure>'
        for uri, moment in zip(film.frames, moments)
    )
    grid = f"display:grid;grid-template-columns:repeat({across},minmax(0,1fr));gap:4px 5px;max-width:{width}px"
    return f'<div class="film" style="{grid}">{cells}</div>'
