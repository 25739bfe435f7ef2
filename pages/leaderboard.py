"""Leaderboard: several aligners on the same items, with quality, intervals, time, memory and training curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.wording import tr
from pages._components import alignment_form, errors, header, numbers, waiting
from pages._panels.leaderboard import board, charts, curves, form, table
from pages._session import cache, pipeline, state

Row = Mapping[str, Any]


def headline(rows: Sequence[Row]) -> None:
    """Draw the best aligner so far, the measured items, and a menu to use one of the aligners."""
    best = rows[0]
    rivals = [row for row in rows if row["transductive"] == best["transductive"]]
    left, right = st.columns([7, 3], gap="large", vertical_alignment="bottom")
    with left:
        st.markdown(f"##### {errors.plain(best['aligner'])} {_place(rivals, best['transductive'])}")
        numbers.headline(best)
    with right, st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            tr("Aligner"),
            [row["aligner"] for row in rows],
            key=f"board.use.{best['aligner']}",
            format_func=alignment_form.aligner_title,
        )
        if st.button(tr("Use this aligner"), icon=":material/arrow_forward:", key="board.take"):
            use(next(row for row in rows if row["aligner"] == name))
    st.caption(numbers.measured_on(best))


def _place(rivals: Sequence[Row], transductive: bool) -> str:
    """Return where the best stands among the aligners of its kind, and whether that is sure."""
    if len(rivals) == 1:
        return tr("is the only one measured so far")
    kind = tr(" that look at all queries together") if transductive else ""
    tied = [row["aligner"] for row in rivals[1:] if table.standing(row, rivals) != "worse"]
    sure = tr(", tied with {tied}", tied=errors.plain(", ".join(tied))) if tied else tr(", better than all others")
    return tr("ranks first of the {n}{kind} by mean reciprocal rank (MRR){sure}", n=len(rivals), kind=kind, sure=sure)


def use(row: Row) -> None:
    """Open the run of this row on the Align page. The comparison kept its fit, so nothing is fitted again."""
    state.forget_widgets("align.")
    pipeline.align_with(board.adopted(state.view_spec(), row["aligner"]).choices)
    st.switch_page("pages/align.py", query_params={})  # without, Streamlit refuses while a widget is bound to one


state.through_app("pages/leaderboard.py")
header.show(tr("Leaderboard"), tr("Which aligner fits best?"))
collection = waiting.need("collection")
if not cache.modality_pairs(collection):
    waiting.need("run")
with errors.shown():
    form.begin(collection)
    form.show(collection)
current = board.current(collection)
board.show_progress(current)
rows = board.ranked_rows(current)
measured = [row for row in rows if not row["error"]]
if measured:
    headline(measured)
if rows:
    table.show(rows)
if measured:
    table.show_only_right(rows)
    charts.quality(measured)
    charts.trainings(measured)
    curves.show(collection, [row["aligner"] for row in measured])
