"""Cards of items in a grid: picture or text, title, note, similarity bars, player. A click selects the item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mmalign_core.plots import MODALITY_COLOURS
from pages._session import state

_ASSETS = Path(__file__).parents[3] / "assets"


def show(
    cards: Sequence[Mapping[str, Any]],
    *,
    key: str,
    width: int = 140,
    selects: bool = True,
    selected: str | None = None,
    most: int = 8,
    on_pick: Callable[[str], None] = state.select_item,
) -> None:
    """Draw the cards (see `previews.card`), at least `width` pixels each and at most `most` in a row.

    With `selects` a click on a card calls `on_pick` with its item, before the page runs again.
    """
    data = {
        "cards": [dict(card) for card in cards],
        "width": width,
        "most": most,
        "clickable": selects,
        "selected": selected,
        "tints": MODALITY_COLOURS,
    }
    _component()(data=data, key=key, on_picked_change=lambda: on_pick(state.picked(key)))


def _component() -> Any:
    return st.components.v2.component(
        "mmalign_gallery",
        html='<div class="grid"></div>',
        css=(_ASSETS / "gallery.css").read_text(encoding="utf-8"),
        js=(_ASSETS / "gallery.js").read_text(encoding="utf-8"),
    )
