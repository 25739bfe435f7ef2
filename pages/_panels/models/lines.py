"""A model in two lines (name and modalities; size, licence and place), and the button that aligns with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import tr, tr_list, tr_word
from mmalign_core.workflow import same_space
from pages._components import errors, header
from pages._session import cache, pipeline, state


def heading(name: str, reads: Sequence[str]) -> str:
    """Return the name and the modalities it reads, in their colours."""
    words = "  ".join(header.modality_word(modality) for modality in reads)
    return f"**{errors.plain(name)}**   :small[{words}]"


def facts(*parts: str) -> str:
    """Return the known facts of a model in one line."""
    return ":small[:gray[" + " · ".join(errors.plain(part) for part in parts if part) + "]]"


def size(count: int) -> str:
    """Return bytes in words: '605 MB', '9.7 GB'; '' for none."""
    if not count:
        return ""
    if count >= 10**9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:,.0f} MB" if count >= 10**7 else f"{max(count / 1e6, 0.1):.1f} MB"


def use_button(reference: str, reads: Sequence[str], *, key: str) -> None:
    """Draw a button that aligns with this model. It is disabled if the collection has nothing to read."""
    collection = pipeline.ready("collection")
    if not isinstance(collection, Collection):
        return
    encoders = _encoders(reference, reads, collection)
    idle = "" if encoders else tr("The open collection holds no {reads}", reads=tr_list(map(tr_word, reads), " or "))
    pressed = st.button(
        tr("Use it"), icon=":material/arrow_forward:", key=key, disabled=not encoders, help=idle or tr("Align with it")
    )
    if pressed:
        state.forget_widgets("align.")
        pipeline.align_with(_choices(encoders, collection))
        st.switch_page("pages/align.py", query_params={})  # without, Streamlit refuses while a widget is bound to one


def _encoders(reference: str, reads: Sequence[str], collection: Collection) -> dict[str, str]:
    towers = same_space(reference, reads[0]) if reads else {}
    return {m: tower for m, tower in towers.items() if m in collection.modalities and m not in collection.vectors}


def _choices(encoders: dict[str, str], collection: Collection) -> dict[str, Any]:
    """Return the session's choices with these encoders, without the old aligner, and with the model's pair."""
    kept = {name: value for name, value in state.view_spec().choices.items() if name not in ("aligner", "params")}
    pair = next((pair for pair in cache.modality_pairs(collection) if set(pair) <= set(encoders)), None)
    chosen = kept | {"encoders": {**kept.get("encoders", {}), **encoders}}
    return chosen | ({"pair": list(pair)} if pair else {})
