"""The browser's back button: one step for each view."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_SCRIPT = Path(__file__).parents[2] / "assets" / "history.js"


def keep_steps() -> None:
    """Keep one entry of the browser's history for each view. Streamlit alone keeps two where a page is opened."""
    script = st.components.v2.component("mmalign_history", html="<span></span>", js=_SCRIPT.read_text(encoding="utf-8"))
    script(key="history")
