"""Leaderboard: several aligners on the same items; quality with intervals, time, memory, and how their fits went."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.plots import fit_figure, quality_time_figure
from mmalign_core.types import Collection
from pages._shared import aligner_card, board, board_form, board_table, errors, header, numbers, state, waiting
from pages._shared.wanted import pairs_of

METRICS = ("recall@1", "recall@5", "recall@10", "mrr")
Row = Mapping[str, Any]


def headline(collection: Collection, rows: Sequence[Row]) -> None:
    """The best so far, on what all were measured, and a way to use one of them."""
    best = rows[0]
    left, right = st.columns([7, 3], gap="large", vertical_alignment="bottom")
    with left:
        st.markdown(f"##### {errors.plain(best['aligner'])} ranks first of {len(rows)} by mean reciprocal rank")
        numbers.headline(best)
    with right, st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Aligner", [row["aligner"] for row in rows], key="board.use", format_func=aligner_card.title
        )
        if st.button("Use this aligner", icon=":material/arrow_forward:", key="board.take"):
            use(next(row for row in rows if row["aligner"] == name))
    st.caption(numbers.measured_on(best))


def use(row: Row) -> None:
    """Align with this aligner, as it was compared, and go there."""
    shared = {name: value for name, value in state.board().items() if name != "aligners"}
    state.forget_widgets("align.")
    waiting.align({**shared, "aligner": row["aligner"]})
    st.switch_page("pages/align.py")


@st.fragment
def trade_off(rows: Sequence[Row]) -> None:
    """Quality against time; the metric is chosen here, nothing is fitted again."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("What does quality cost?", anchor=False)
        metric = st.segmented_control(
            "Metric", METRICS, default=METRICS[0], required=True, key="metric", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
    st.plotly_chart(
        quality_time_figure(rows, metric or METRICS[0]),
        key="board.trade",
        config=waiting.BARE,
        alt=f"{metric} of each aligner against the seconds of its fit",
    )
    st.caption("Whiskers are 95% bootstrap intervals over queries; open shapes look at all queries together.")


def trainings(rows: Sequence[Row]) -> None:
    """The fit curves of those that were trained step by step."""
    trained = [row for row in rows if len(row["history"]) > 1]
    if trained:
        st.subheader("How did the training go?", anchor=False)
        with st.grid(3, min_column_width=340):
            for row in trained:
                figure = fit_figure(row["history"], title=row["aligner"])
                name = row["aligner"]
                st.plotly_chart(figure, key=f"board.fit.{name}", config=waiting.BARE, alt=f"Fit of {name}")


state.through_app("pages/leaderboard.py")
header.show("Leaderboard", "Which aligner fits best?")
collection = waiting.need("collection")
if not pairs_of(collection):
    waiting.need("run")
with errors.shown():
    board_form.show(collection)
board.show_progress(collection)
rows = board.rows()
measured = [row for row in rows if not row["error"]]
if measured:
    headline(collection, measured)
if rows:
    board_table.show(rows)
elif not state.board():
    errors.empty(
        "Nothing compared yet", "Choose aligners and press Compare; rows appear as they are done.", "leaderboard"
    )
if measured:
    trade_off(measured)
    trainings(measured)
