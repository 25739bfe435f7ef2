"""The query in large, beside its answers: every part with its medium and how it counts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.types import Media
from mmalign_core.wording import tr
from mmalign_core.workflow import Run
from pages._components import errors
from pages._components.media import gallery, previews, videos
from pages._components.sticky import pinned
from pages._panels.recommend import queries
from pages._session import cache

_LONGEST = 280
"""Characters of a text; our choice: the chip of the part holds the whole of it."""
_TALLEST = 220
"""Pixels of a picture's height; our choice: two parts fit on a screen."""
_HISTORY = 6
"""Items of a user's history; our choice: three rows beside the answers. The chip shows more of them."""


def show(run: Run, parts: Sequence[queries.PartData]) -> None:
    """Draw the query. It stays in view while the answers scroll."""
    with pinned("asked"):
        for place, part in enumerate(parts):
            st.caption(_role(place, part))
            _draw(run, part)


def _role(place: int, part: queries.PartData) -> str:
    """Return how the part counts, in words."""
    words = tr("Asked for") if not place else "and"
    if part["weight"] < 0:
        words = tr("But not like") if place else tr("Asked for what is not like")
    strength = abs(part["weight"])
    return words if strength == 1 else tr("{words} (weight {strength:g})", words=words, strength=strength)


def _draw(run: Run, part: queries.PartData) -> None:
    kind, value, named = part["kind"], part["value"], queries.name(part, run.collection, 90)
    path = queries.known_path(part, cache.settings()) if kind in ("image", "audio", "video") else None
    if kind == "text":
        st.header(errors.plain(cut_text(value, _LONGEST)), anchor=False)
    elif kind == "item" and value in run.collection.items.index:
        previews.show_item(run.collection, value, metadata=False, tallest=_TALLEST)
    elif path is not None and kind == "image":
        st.image(str(path), alt=tr("The picture of the query"))
    elif path is not None and kind == "audio":
        st.audio(str(path), alt=tr("The sound of the query"))
    elif path is not None:
        videos.show(Media("query", "video", value, path=str(path)), tr("The video of the query"), 300)
    else:
        st.header(errors.plain(named), anchor=False)
        if kind == "user":
            _met(run, value)


def _met(run: Run, user: str) -> None:
    """Draw the last items that the user met."""
    met = [item for item in cache.met_by(run.collection, user) if item in run.collection.items.index]
    cards = [gallery.card(run.collection, item, modalities=[]) for item in met[-_HISTORY:]]
    if cards:
        st.caption(tr("has met {n:,} items, such as", n=len(met)))
        gallery.show(cards, key="asked.history", width=84, most=3, selects=False)
