"""Three ways to start: the demo, the person's own data, a saved run."""

from __future__ import annotations

import streamlit as st

from mmalign_core.wording import say, tr
from pages._session import state

_PURPOSE = say(
    "MMAlign brings pictures, texts, sounds and videos into one space, shows which pairs go wrong "
    "and why, and proves on held-out items whether a repair helped."
)


def show() -> None:
    """Draw what the product is for in a line, and the three starts."""
    st.markdown(tr(_PURPOSE))
    with st.container(horizontal=True):
        if st.button(tr("Explore the demo"), icon=":material/auto_awesome:", key="start.demo"):
            state.open_source("demo")
            st.rerun()
        for kind, words, icon in (("upload", tr("Bring your data"), "upload"), ("run", tr("Reopen a run"), "history")):
            if st.button(words, icon=f":material/{icon}:", key=f"start.{kind}", on_click=state.set_widget,
                         args=("source", kind)):  # fmt: skip
                st.switch_page("pages/data.py")
