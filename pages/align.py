"""Align: choose encoders, aligner, similarity, matcher and split; run; read the metrics."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import fit_figure, is_training, metric_figure
from mmalign_core.workflow import modality_pairs
from pages._components import alignment_form, errors, header, numbers, run_menu, waiting
from pages._panels.align import form, report
from pages._session import state

state.through_app("pages/align.py")
header.show("Align", "How well do the modalities line up?")
collection = waiting.need("collection")
if not modality_pairs(collection):
    waiting.need("run")
left, right = st.columns([3, 7], gap="large")

with left, errors.shown():
    form.show(collection)


def metrics(measured: Mapping[str, Any]) -> None:
    """Draw the retrieval metrics in numbers and bars, and the diagnostics of the space."""
    numbers.headline(measured)
    report.warn(measured)
    numbers.warn_of_chance(measured)
    st.plotly_chart(
        metric_figure(measured["metrics"], measured["ci95"], measured["baseline"]),
        key="align.metrics",
        config=waiting.BARE,
        alt="Retrieval metrics of both directions with 95% intervals, against shuffled pairs",
    )
    st.caption(
        f"**{errors.plain(alignment_form.aligner_title(measured['aligner']))}** · {numbers.measured_on(measured)}"
    )
    report.fused(measured)
    report.thresholds(measured)
    numbers.space(measured)
    with st.expander("All numbers", icon=":material/table:"):
        numbers.table(measured)


with right:
    waiting.show_fit()
    run = waiting.need("run")
    if not numbers.show_unmeasured(run.report):
        metrics(run.report)
    with st.expander("What was run", icon=":material/receipt_long:"):
        numbers.recipe(run.report)
        run_menu.keep(run)
    if run.result.history:
        words = "Training" if is_training(run.result.history) else "Choice on held-out pairs"
        with st.expander(words, icon=":material/show_chart:"):
            st.plotly_chart(fit_figure(run.result.history, height=340), key="align.fit", config=waiting.BARE, alt=words)
