"""Learning curves of the compared aligners. A button starts them; they are computed in the background and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mmalign_core.plots import learning_figure
from mmalign_core.types import BadInput, Collection
from mmalign_core.wording import tr
from mmalign_core.workflow import encode, learning_curve
from pages._components import errors, figures, waiting
from pages._panels.leaderboard import charts
from pages._session import cache, state
from pages._session.jobs import Board, Job, within
from pages._session.view_spec import ViewSpec, board_entries

STEPS = 4
"""Points of a curve: each has twice the pairs of the one before, from an eighth to all."""


def show(collection: Collection, names: Sequence[str]) -> None:
    """Draw the curves that are ready, the progress of the others, and the button that makes them."""
    board = board_of(state.view_spec(), names, collection)
    rows = board.measured.rows
    ready = {name: rows[name]["points"] for name in names if name in rows}
    st.subheader(tr("Would more pairs help?"), anchor=False)
    if ready:
        _draw(ready)
    waiting.show_board(board, "board.curves", offered=False)
    if board.missing and (board.job is None or board.job.finished):
        st.button(
            tr("Draw learning curves") if not ready else tr("Draw the missing curves"),
            icon=":material/trending_up:",
            key="board.curves",
            on_click=board.start,
            help=tr(
                "Fits each aligner on an eighth, a quarter, half and all of the pairs: {steps} fits each.", steps=STEPS
            ),
        )


def board_of(spec: ViewSpec, names: Sequence[str], collection: Collection) -> Board:
    """Return the board of the curves: each row has the "points" of one. A failed curve is one point with the error."""
    results, store, settings = cache.results(), cache.store(), cache.settings()

    def measure(names: Sequence[str], board: Board, job: Job[None]) -> None:
        entries, encoders = board_entries({**spec.board, "aligners": list(names)}, collection)
        encoding = encode(collection, encoders, store=store, settings=settings, progress=within(job.progress, 0.0, 0.1))
        for number, choices in enumerate(entries):
            start, end = (0.1 + 0.9 * place / len(entries) for place in (number, number + 1))
            progress = within(job.progress, start, end, f"{choices.aligner}: ")
            try:
                points = learning_curve(collection, encoding, choices, store=store, steps=STEPS, progress=progress)
            except BadInput as reason:
                points = [{"error": str(reason), "pairs": 0, "metrics": {}, "ci95": {}}]
            board.put(choices.aligner, {"error": None, "points": points})

    return Board("curves", spec.board_key, tuple(names), measure, results)


@st.fragment
def _draw(curves: dict[str, Any]) -> None:
    metric = charts.metric_switch("curve")
    figure = learning_figure(curves, metric)
    figures.show(
        figure,
        key="board.learning",
        of=", ".join(curves),
        alt=tr("{metric} against the number of training pairs", metric=metric),
    )
    for name, points in curves.items():
        for point in points:
            if point["error"]:
                st.caption(
                    errors.plain(
                        tr(
                            "{name}, {pairs} pairs: {sentence}",
                            name=name,
                            pairs=point["pairs"],
                            sentence=errors.sentence(point["error"]),
                        )
                    )
                )
    st.caption(tr("The measured items never change; each smaller set of pairs lies within the larger ones."))
