"""Scores of right and wrong answers, and what a threshold on the score would accept."""

from __future__ import annotations

import streamlit as st

from mmalign_core.plots import answer_scores_figure
from mmalign_core.workflow import accepted_at, score_histogram
from pages._components import errors, figures
from pages._components.numbers import fixed
from pages._panels.similarity.view import View


@st.fragment(key="similarity.scores")
def show(shown: View) -> None:
    """Draw the distributions, the slider of the threshold, and precision and recall at it."""
    st.subheader("From which score on is an answer right?", anchor=False)
    counts = score_histogram(shown.judged)
    low, high = float(counts.edges[0]), float(counts.edges[-1])
    if not high > low:
        st.caption("All answers have the same score.")
        return
    left, right = st.columns([6, 4], gap="large")
    with right:
        step = (high - low) / 200
        threshold = st.slider(
            "Accept answers that score at least",
            low,
            high,
            (low + high) / 2,
            step,
            format="%.3f",
            key=f"threshold.{shown.run_key}.{shown.way}.{shown.split}",
        )
        found = accepted_at(shown.judged, threshold)
        columns = st.columns(2)
        columns[0].metric("precision", f"{found.precision:.1%}" if found.accepted else "none accepted")
        columns[1].metric("recall", f"{found.recall:.1%}")
        st.caption(
            f"At {fixed(threshold, 3)}, {found.accepted:,} of {found.n:,} queries get an answer and {found.right:,} of"
            f" these are right. 95% intervals: precision {_range(found.precision_interval)}, recall"
            f" {_range(found.recall_interval)}. Over {errors.plain(shown.split)}."
        )
    with left:
        figures.show(
            answer_scores_figure(counts.edges, counts.right, counts.wrong, counts.missed, threshold),
            key="scores",
            alt=f"Scores of right and wrong answers {shown.way}",
        )


def _range(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.0%} to {interval[1]:.0%}"
