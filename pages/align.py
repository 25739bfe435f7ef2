"""Align: choose encoders, aligner, similarity, matcher and split; run; read the metrics."""

import streamlit as st

from mmalign_core.plots import fit_figure, is_training, metric_figure
from mmalign_core.wording import tr
from mmalign_core.workflow import Run
from pages._components import alignment_form, errors, figures, header, numbers, run_menu, waiting
from pages._panels.align import diagnostics, form, ranks, report
from pages._session import cache, state

state.through_app("pages/align.py")
header.show(tr("Align"), tr("How well do the modalities line up?"))
collection = waiting.need("collection")
if not cache.modality_pairs(collection):
    waiting.need("run")
left, right = st.columns([3, 7], gap="large")

with left, errors.shown():
    if state.view_spec().saved:
        waiting.need("run")  # its choices fill the form
    form.show(collection)


def metrics(run: Run) -> None:
    """Draw the finding, the ranks, the retrieval metrics, and the diagnostics of the space."""
    measured = run.report
    ranks.sentences(measured)
    report.warn(measured)
    numbers.warn_of_chance(measured)
    found = ranks.summary(run, state.view_spec().run_key)
    if found is not None:
        ranks.histogram(found, held_out=run.choices.holds_out)
    numbers.headline(measured)
    figures.show(
        metric_figure(measured["metrics"], measured["ci95"], measured["baseline"]),
        key="align.metrics",
        alt=tr("Retrieval metrics of both directions with 95% intervals, against shuffled pairs"),
    )
    st.caption(
        f"**{errors.plain(alignment_form.aligner_title(measured['aligner']))}** · {numbers.measured_on(measured)}"
    )
    report.fused(measured)
    report.thresholds(measured)
    if found is None:
        diagnostics.show(measured, {})
    else:
        in_vain = ranks.trained_in_vain(state.view_spec().run_key)
        diagnostics.show(measured, found.verdicts, found.correction, in_vain=in_vain)
    with st.expander(tr("All numbers"), icon=":material/table:"):
        numbers.table(measured)


with right:
    waiting.show_fit()
    run = waiting.need("run")
    if not numbers.show_unmeasured(run.report):
        metrics(run)
    with st.expander(tr("What was run"), icon=":material/receipt_long:"):
        numbers.recipe(run.report)
        run_menu.keep(run)
    if run.result.history:
        words = tr("Training") if is_training(run.result.history) else tr("Choice on held-out pairs")
        with st.expander(words, icon=":material/show_chart:"):
            figures.show(fit_figure(run.result.history, height=340), key="align.fit", alt=words)
