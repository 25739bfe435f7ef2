"""Taking a model for what it reads: the choices change, and the Align page opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.workflow.menus.available_models import same_space
from pages._shared import state, waiting
from pages._shared.wanted import pairs_of


def button(reference: str, reads: Sequence[str], *, key: str) -> None:
    """Align with it what it reads; not offered while the collection holds nothing of the kind."""
    collection = waiting.ready("collection")
    if not isinstance(collection, Collection):
        return
    encoders = _encoders(reference, reads, collection)
    idle = "" if encoders else f"The open collection holds no {' or '.join(reads)}"
    pressed = st.button(
        "Use it", icon=":material/arrow_forward:", key=key, disabled=not encoders, help=idle or "Align with it"
    )
    if pressed:
        state.forget_widgets("align.")
        waiting.align(_choices(encoders, collection))
        st.switch_page("pages/align.py", query_params={})  # without, Streamlit refuses while a widget is bound to one


def _encoders(reference: str, reads: Sequence[str], collection: Collection) -> dict[str, str]:
    towers = same_space(reference, reads[0]) if reads else {}
    return {m: tower for m, tower in towers.items() if m in collection.modalities and m not in collection.vectors}


def _choices(encoders: dict[str, str], collection: Collection) -> dict[str, Any]:
    """The session's, without the aligner that suited the old encoders; the pair that the model reads, if it is one."""
    kept = {name: value for name, value in state.wanted().choices.items() if name not in ("aligner", "params")}
    pair = next((pair for pair in pairs_of(collection) if set(pair) <= set(encoders)), None)
    chosen = kept | {"encoders": {**kept.get("encoders", {}), **encoders}}
    return chosen | ({"pair": list(pair)} if pair else {})
