"""The zoom of a chart, kept while its figure changes."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_SCRIPT = Path(__file__).parents[2] / "assets" / "map_view.js"


def keep(chart: str, revision: str) -> None:
    """Keep the zoom of the chart with this key while `revision` stays the same.

    Streamlit draws a chart anew whenever its figure changes, so plotly's `uirevision` alone keeps nothing.
    """
    script = st.components.v2.component("mmalign_zoom", html="<span></span>", js=_SCRIPT.read_text(encoding="utf-8"))
    script(data={"chart": chart, "revision": revision}, key=f"{chart}.zoom")
