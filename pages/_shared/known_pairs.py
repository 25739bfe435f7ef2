"""Says when the measured pairs are those that the aligner learned from, and offers to hold some out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._shared import cache, holding_out, state, waiting

SHARE = 0.2


def warn(report: Mapping[str, Any]) -> None:
    """One line and a button; nothing where items are held out, or where no pairs were learned from."""
    needs_pairs = {row["name"] for row in cache.rows_of("aligners") if row["needs_pairs"]}
    if report["split"] != "none" or report["aligner"] not in needs_pairs:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":material/info: It learned from these very pairs: this is how well it remembers them.", width="stretch"
        )
        st.button(f"Hold out {SHARE:.0%}", icon=":material/call_split:", key="align.hold_out", on_click=_hold_out)


def _hold_out() -> None:
    state.set_widget("align.split", holding_out.SHARE)
    state.set_widget("align.test", SHARE)
    waiting.align({**state.wanted().choices, "test": SHARE})
