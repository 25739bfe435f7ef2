"""Three ways to start: the demo, the person's own data, a saved run."""

from __future__ import annotations

import streamlit as st

from pages._session import state

_PURPOSE = (
    "MMAlign brings pictures, texts, sounds and videos into one space, shows which pairs go wrong and why, and proves "
    "on held-out items whether a repair helped."
)


def show() -> None:
    """Draw what the product is for in a line, and the three starts."""
    st.markdown(_PURPOSE)
    with st.container(horizontal=True):
        if st.button("Explore the demo", icon=":material/auto_awesome:", key="start.demo"):
            state.open_source("demo")
            st.rerun()
        if st.button("Bring your data", icon=":material/upload:", key="start.upload"):
            st.switch_page("pages/data.py", query_params={"source": "upload"})
        if st.button("Reopen a run", icon=":material/history:", key="start.run"):
            st.switch_page("pages/data.py", query_params={"source": "run"})
