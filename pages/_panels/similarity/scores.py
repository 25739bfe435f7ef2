"""Scores of right and wrong answers, and what a threshold on the score would accept."""

from __future__ import annotations

import streamlit as st

from mmalign_core.plots import answer_scores_figure
from mmalign_core.wording import tr
from mmalign_core.workflow import accepted_at, score_histogram
from pages._components import errors, figures
from pages._components.numbers import fixed
from pages._panels.similarity.view import View


@st.fragment(key="similarity.scores")
def show(shown: View) -> None:
    """Draw the distributions, the slider of the threshold, and precision and recall at it."""
    st.subheader(tr("From which score on is an answer right?"), anchor=False)
    counts = score_histogram(shown.judged)
    low, high = float(counts.edges[0]), float(counts.edges[-1])
    if not high > low:
        st.caption(tr("All answers have the same score."))
        return
    left, right = st.columns([6, 4], gap="large")
    with right:
        step = (high - low) / 200
        threshold = st.slider(
            tr("Accept answers that score at least"),
            low,
            high,
            (low + high) / 2,
            step,
            format="%.3f",
            key=f"threshold.{shown.run_key}.{shown.way}.{shown.split}",
        )
        found = accepted_at(shown.judged, threshold)
        columns = st.columns(2)
        columns[0].metric(tr("precision"), f"{found.precision:.1%}" if found.accepted else tr("none accepted"))
        columns[1].metric(tr("recall"), f"{found.recall:.1%}")
        st.caption(
            tr(
                "At {threshold}, {accepted:,} of {n:,} queries get an answer and {right:,} of these are right. 95% "
                "intervals: precision {precision}, recall {recall}. Over {split}.",
                threshold=fixed(threshold, 3),
                accepted=found.accepted,
                n=found.n,
                right=found.right,
                precision=_range(found.precision_interval),
                recall=_range(found.recall_interval),
                split=errors.plain(shown.split),
            )
        )
    with left:
        figures.show(
            answer_scores_figure(counts.edges, counts.right, counts.wrong, counts.missed, threshold),
            key="scores",
            alt=tr("Scores of right and wrong answers {way}", way=shown.way),
        )


def _range(interval: tuple[float, float]) -> str:
    return tr("{low:.0%} to {high:.0%}", low=interval[0], high=interval[1])
