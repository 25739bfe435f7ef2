"""The suggested threshold of a run: what it would accept, how often it is right, and a button to go by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import threshold_figure
from mmalign_core.plots.metric_bars import arrow
from pages._shared import errors, state, waiting


def show(report: Mapping[str, Any]) -> None:
    """One panel per direction, or why nothing can be suggested; nothing for a matcher without a threshold."""
    found = report.get("threshold")
    if not found:
        return
    st.subheader("From which score on is a match accepted?", anchor=False)
    if "error" in found:
        errors.show(found["error"])
        return
    for column, (direction, one) in zip(st.columns(len(found), gap="large"), found.items()):
        with column:
            _direction(direction, one)
    used = bool(report["matcher_params"].get("suggested"))
    if used:
        st.caption("The run goes by these thresholds.")
    else:
        st.button("Go by these thresholds", icon=":material/check:", key="align.suggested", on_click=_use)


def _direction(direction: str, one: Mapping[str, Any]) -> None:
    curve = one["curve"]
    figure = threshold_figure(curve["threshold"], curve["precision"], curve["recall"], one["suggested"])
    words = f"{arrow(direction)}: {one['suggested']:.3g}"
    st.markdown(f"**{errors.plain(words)}**")
    st.plotly_chart(
        figure,
        key=f"align.threshold.{direction}",
        config=waiting.BARE,
        alt=f"Precision and recall of {direction} against the threshold",
    )
    st.caption(
        f"Suggested for the best F1 on {one['n']:,} held-back training queries: {one['decided']:,} of them get an"
        f" answer, {one['precision']:.0%} of the accepted are right, {one['recall']:.0%} of the right are found."
    )


def _use() -> None:
    choices = dict(state.wanted().choices)
    state.set_widget(f"align.matcher.{choices['matcher']}.suggested", True)
    waiting.align({**choices, "matcher_params": {**choices.get("matcher_params", {}), "suggested": True}})
