"""Says when the measured pairs are those that the aligner learned from, and offers to hold some out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.workflow import Run
from pages._shared import cache, state, waiting
from pages._shared.align import holding_out

SHARE = 0.2


def warn(report: Mapping[str, Any]) -> None:
    """One line and a button; nothing where items are held out, or where no pairs were learned from."""
    if report["split"] != "none" or not _needs_pairs(report["aligner"]):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":material/info: It learned from these very pairs: this is how well it remembers them.", width="stretch"
        )
        st.button(f"Hold out {SHARE:.0%}", icon=":material/call_split:", key="align.hold_out", on_click=_hold_out)


def among_these(run: Run) -> str:
    """A sentence for numbers over all items of a run; empty where no pairs were learned from."""
    if not _needs_pairs(run.choices.aligner):
        return ""
    return " Pairs it learned from are among them; the Align page can measure on held-out ones alone."


def _needs_pairs(aligner: str) -> bool:
    return any(row["needs_pairs"] for row in cache.rows_of("aligners") if row["name"] == aligner)


def _hold_out() -> None:
    state.set_widget("align.split", holding_out.SHARE)
    state.set_widget("align.test", SHARE)
    waiting.align({**state.wanted().choices, "test": SHARE})
