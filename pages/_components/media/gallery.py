"""Cards of items in a grid: picture or text, title, note, bars and player. A click selects the item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mmalign_core.plots import named_colours
from mmalign_core.types import BadInput, Collection
from mmalign_core.wording import tr
from mmalign_core.workflow import sound_uri, text_maker
from pages._components.media import previews
from pages._session import cache, state

_ASSETS = Path(__file__).parents[3] / "assets"


def show(
    cards: Sequence[Mapping[str, Any]],
    *,
    key: str,
    width: int = 140,
    selects: bool = True,
    selected: str | None = None,
    most: int = 8,
    listed: bool = False,
    on_pick: Callable[[str], None] = state.select_item,
) -> None:
    """Draw the cards (see `card`), at least `width` pixels each and at most `most` in a row; or `listed`, one below
    the other with the picture at the left.

    With `selects` a click on a card calls `on_pick` with its item, before the page runs again.
    """
    data = {
        "cards": [dict(card) for card in cards],
        "width": width,
        "most": most,
        "listed": listed,
        "clickable": selects,
        "selected": selected,
        "tints": named_colours(),
    }
    _component()(data=data, key=key, on_picked_change=lambda: on_pick(state.picked(key)))


def card(collection: Collection, item: str, **extras: Any) -> dict[str, Any]:
    """Return the item as a card for `show`. `extras`: note, rank, change, bars, scale, audio."""
    picture = previews.thumbnail(collection, item)
    shown = previews.title(collection, item)
    held = cache.media_by_item(collection).get(item, {})
    return {
        "id": item,
        "title": shown,
        "image": picture and picture.uri,
        "look": picture and picture.look,
        "quote": shown if "text" in held else None,
        "modalities": list(held),
        **({"note": tr("text by a model")} if "text" in held and text_maker(collection, item) else {}),
        **extras,
    }


def inline_sound(collection: Collection, item: str) -> str | None:
    """Return the item's first short sound as a data URI, or None."""
    for sound in previews.media(collection, item, "audio"):
        try:
            return sound_uri(sound)
        except BadInput:
            continue  # missing, or too long to be part of the card; the view of the item plays it
    return None


def _component() -> Any:
    return st.components.v2.component(
        "mmalign_gallery",
        html='<div class="grid"></div>',
        css=(_ASSETS / "gallery.css").read_text(encoding="utf-8"),
        js=(_ASSETS / "gallery.js").read_text(encoding="utf-8"),
    )
