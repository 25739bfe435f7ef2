"""Models worth getting, by what they read: use, size, licence and the published figure."""

from __future__ import annotations

import streamlit as st

from mmalign_core.workflow import SuggestedModel, available_models, suggested_models
from pages._components import encoder_menu, errors
from pages._panels.models import fetch, lines
from pages._session import cache

_HEADINGS = {
    ("image", "text"): "Pictures and texts in one space",
    ("audio", "text"): "Sounds and texts in one space",
    ("text",): "Texts",
}


def show() -> None:
    """Every suggestion with a way to get it, or a mark that it is here. Drawing them needs no hub."""
    here = {row.summary for row in available_models(cache.settings()) if not (row.embedded or row.missing)}
    st.markdown("##### Worth getting")
    for reads, rows in suggested_models().items():
        st.markdown(f"###### {_HEADINGS[reads]}")
        for row in rows:
            with st.container(horizontal=True, vertical_alignment="center"):
                _show(row, row.repository in here)
    st.caption(
        "Sizes are of float32 weights; licences are those of the model cards, and are checked again before a download."
        " ImageNet: published zero-shot accuracy, from open_clip's own table."
    )


def _show(row: SuggestedModel, here: bool) -> None:
    with st.container(gap=None, width="stretch"):
        st.markdown(f"**{errors.plain(encoder_menu.full_name(row.reference))}**  :small[{errors.plain(row.use)}]")
        st.markdown(lines.facts(lines.size(row.bytes), row.licence, row.figure))
    if here:
        st.markdown(":green[:material/check_circle: here]", width="content")
    else:
        st.button(
            "Get it", icon=":material/download:", key=f"get.{row.reference}", on_click=fetch.ask,
            args=(row.reference,), help="Says its size and licence first",
        )  # fmt: skip
