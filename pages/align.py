"""Align: choose encoders, aligner, similarity, matcher and split; run; read the metrics."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import fit_figure, is_training, metric_figure
from pages._shared import errors, header, state, waiting
from pages._shared.align import align_form, aligner_card, keeping, known_pairs, numbers, thresholds, together
from pages._shared.wanted import pairs_of

state.through_app("pages/align.py")
header.show("Align", "How well do the modalities line up?")
collection = waiting.need("collection")
if not pairs_of(collection):
    waiting.need("run")
form, results = st.columns([3, 7], gap="large")

with form, errors.shown():
    align_form.show(collection)


def measures(report: Mapping[str, Any]) -> None:
    """How well the pairs are found, in numbers and bars, and what the space is like."""
    numbers.headline(report)
    known_pairs.warn(report)
    numbers.chance(report)
    st.plotly_chart(
        metric_figure(report["metrics"], report["ci95"], report["baseline"]),
        key="align.metrics",
        config=waiting.BARE,
        alt="Retrieval metrics of both directions with 95% intervals, against shuffled pairs",
    )
    st.caption(f"**{errors.plain(aligner_card.title(report['aligner']))}** · {numbers.measured_on(report)}")
    together.show(report)
    thresholds.show(report)
    numbers.space(report)
    with st.expander("All numbers", icon=":material/table:"):
        numbers.table(report)


with results:
    waiting.show_fit()
    run = waiting.need("run")
    report = run.report
    if not numbers.nothing(report):
        measures(report)
    with st.expander("What was run", icon=":material/receipt_long:"):
        numbers.recipe(report)
        keeping.keep(run)
    if run.result.history:
        words = "How the training went" if is_training(run.result.history) else "What held-out pairs chose"
        with st.expander(words, icon=":material/show_chart:"):
            st.plotly_chart(fit_figure(run.result.history, height=340), key="align.fit", config=waiting.BARE, alt=words)
