"""Charts of the compared aligners. A change of the metric needs no new fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.plots import difference_figure, fit_figure, is_training, measure_word, quality_time_figure
from mmalign_core.wording import tr
from pages._components import errors, figures, numbers

METRICS = ("recall@1", "recall@5", "recall@10", "mrr")
Row = Mapping[str, Any]


def metric_switch(key: str) -> str:
    """Draw the switch of the metric and return the metric. A link reopens the same choice."""
    chosen = st.segmented_control(
        tr("Metric"),
        METRICS,
        default=METRICS[0],
        required=True,
        format_func=measure_word,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or METRICS[0]


@st.fragment
def quality(rows: Sequence[Row]) -> None:
    """Draw quality against time, and the difference of each aligner from the best of its kind."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(tr("What does quality cost?"), anchor=False)
        metric = metric_switch("metric")
    figures.show(
        quality_time_figure(rows, metric),
        key="board.trade",
        of=compared(rows),
        alt=tr("{metric} of each aligner against the seconds of its fit", metric=metric),
    )
    st.caption(tr("Whiskers are 95% bootstrap intervals over queries; open shapes look at all queries together."))
    alone = [row for row in rows if not row["transductive"]]
    if len(alone) > 1:
        _differences(alone, metric)


def _differences(rows: Sequence[Row], metric: str) -> None:
    best = rows[0]["aligner"]
    st.subheader(tr("Is the best really better?"), anchor=False)
    figures.show(
        difference_figure(rows, metric),
        key="board.differences",
        of=compared(rows),
        alt=tr("{metric} of each aligner: difference from {best}, with 95% intervals", metric=metric, best=best),
    )
    st.caption(
        tr(
            "Each aligner minus {best}, on the very same queries (paired bootstrap, 95%): where the whiskers "
            "cross 0, neither is clearly better.",
            best=errors.plain(best),
        )
    )


def compared(rows: Sequence[Row]) -> str:
    """Return in one line which aligners a chart compares and what they were measured on."""
    return f"{', '.join(row['aligner'] for row in rows)} · {numbers.split_words(rows[0])}"


def trainings(rows: Sequence[Row]) -> None:
    """Draw the fit curves of the aligners that were trained in steps."""
    trained = [row for row in rows if is_training(row["history"])]
    if not trained:
        return
    st.subheader(tr("How did the training go?"), anchor=False)
    with st.grid(3, min_column_width=340):
        for row in trained:
            figure, name = fit_figure(row["history"], title=row["aligner"]), row["aligner"]
            figures.show(figure, key=f"board.fit.{name}", of=name, alt=tr("Fit of {name} step by step", name=name))
