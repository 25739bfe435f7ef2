"""Align: choose encoders, aligner, similarity, matcher and split; run; read the metrics."""

import streamlit as st

from mmalign_core.plots import metric_figure
from pages._shared import align_form, errors, header, numbers, state, waiting

state.through_app("pages/align.py")
header.show("Align", "How well do the modalities line up?")
collection = waiting.need("collection")
form, results = st.columns([3, 7], gap="large")

with form, errors.shown():
    align_form.show(collection)

with results:
    run = waiting.need("run")
    report = run.report
    numbers.headline(report)
    st.plotly_chart(
        metric_figure(report["metrics"], report["ci95"], report["baseline"]),
        key="align.metrics",
        config={"displayModeBar": False},
        alt="Retrieval metrics of both directions with 95% intervals, against shuffled pairs",
    )
    st.caption(numbers.measured_on(report))
    numbers.space(report)
    with st.expander("All numbers", icon=":material/table:"):
        numbers.table(report)
    with st.expander("What was run", icon=":material/receipt_long:"):
        numbers.recipe(report)
