"""Learning curves of the compared aligners: drawn when asked for, made in the background, kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mmalign_core.jobs import JOBS, Job
from mmalign_core.plots import learning_figure
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow import encode, learning_curve
from pages._shared import cache, errors, state
from pages._shared.board import board_charts
from pages._shared.shelf import Shelf
from pages._shared.waiting import BARE, progress_bar
from pages._shared.wanted import Wanted, board_entries

STEPS = 4
_EVERY = 0.7


def show(collection: Collection, names: Sequence[str]) -> None:
    """The curves that are ready, how far the others are, and the button that makes them."""
    held = cache.shelf().get("curves", state.wanted().board_key) or {}
    ready = {name: held[name] for name in names if name in held}
    missing, job = [name for name in names if name not in held], _job()
    st.subheader("Would more pairs help?", anchor=False)
    if ready:
        _draw(ready)
    if job is not None and not job.finished:
        st.fragment(_poll, run_every=_EVERY)(len(held))
        return
    if job is not None and job.error:
        errors.show(job.error)
    if missing:
        st.button(
            "Draw learning curves" if not ready else "Draw the missing curves",
            icon=":material/trending_up:",
            key="board.curves",
            on_click=_start,
            args=(collection, missing),
            help=f"Fits each aligner on an eighth, a quarter, half and all of the pairs: {STEPS} fits each.",
        )


def measure(
    wanted: Wanted,
    names: Sequence[str],
    collection: Collection,
    shelf: Shelf,
    store: Store,
    settings: Settings,
    job: Job[None],
) -> None:
    """The work itself. Each curve goes on the shelf at once; one that cannot be made says why in its only point."""
    entries, encoders = board_entries({**wanted.board, "aligners": list(names)}, collection)
    encoding = encode(collection, encoders, store=store, settings=settings, progress=within(job.progress, 0.0, 0.1))
    for number, choices in enumerate(entries):
        start, end = (0.1 + 0.9 * place / len(entries) for place in (number, number + 1))
        progress = within(job.progress, start, end, f"{choices.aligner}: ")
        try:
            points = learning_curve(collection, encoding, choices, store=store, steps=STEPS, progress=progress)
        except BadInput as reason:
            points = [{"error": str(reason), "pairs": 0, "metrics": {}, "ci95": {}}]
        before = shelf.get("curves", wanted.board_key) or {}
        shelf.put("curves", wanted.board_key, before | {choices.aligner: points})


@st.fragment
def _draw(curves: dict[str, Any]) -> None:
    metric = board_charts.metric_switch("curve")
    figure = learning_figure(curves, metric)
    st.plotly_chart(figure, key="board.learning", config=BARE, alt=f"{metric} against the number of training pairs")
    for name, points in curves.items():
        for point in points:
            if point["error"]:
                st.caption(errors.plain(f"{name}, {point['pairs']} pairs: {errors.sentence(point['error'])}"))
    st.caption("The measured items never change; each smaller set of pairs lies within the larger ones.")


def _start(collection: Collection, names: Sequence[str]) -> None:
    wanted, parts = state.wanted(), (cache.shelf(), cache.store(), cache.settings())
    JOBS.submit("curves", lambda job: measure(wanted, names, collection, *parts, job), owner=_owner(wanted))


def _poll(seen: int) -> None:
    job = _job()
    held = cache.shelf().get("curves", state.wanted().board_key) or {}
    if job is None or job.finished or len(held) != seen:
        st.rerun()
    progress_bar(job, stop="board.curves.stop")


def _job() -> Job[Any] | None:
    return next(iter(JOBS.all(owner=_owner(state.wanted()))), None)


def _owner(wanted: Wanted) -> str:
    return f"curves {wanted.board_key}"
