"""The leaderboard's background work: rows lie on the shelf as they come, so that what is done is never done again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.jobs import JOBS, Job
from mmalign_core.plots import fit_figure, latest_fit
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Collection
from mmalign_core.workflow import compare, encode
from pages._shared import cache, errors, state
from pages._shared.shelf import Shelf
from pages._shared.waiting import BARE, progress_bar
from pages._shared.wanted import Wanted, board_entries

Row = Mapping[str, Any]
_EVERY = 1.0


def start(collection: Collection, chosen: Mapping[str, Any]) -> None:
    """Make these choices the session's board, and measure the aligners that have no row yet."""
    state.compare(chosen)
    go_on(collection)


def go_on(collection: Collection) -> None:
    """Measure what is missing, and again what failed."""
    wanted = state.wanted()
    shelf, store, settings = cache.shelf(), cache.store(), cache.settings()
    JOBS.submit("compare", lambda job: measure(wanted, collection, shelf, store, settings, job), owner=_owner(wanted))


def rows() -> Sequence[Row]:
    """Of the session's board, what is measured so far, best first and each against the best."""
    found = _found()
    return cache.ranking(tuple(row["key"] for row in found), int(state.board().get("seed", 0)), found)


def _found() -> list[Row]:
    wanted = state.wanted()
    held = cache.shelf().get("board", wanted.board_key) or {}
    return [held[name] for name in wanted.board.get("aligners", ()) if name in held]


def show_progress(collection: Collection) -> None:
    """How far the comparison is, with its latest loss and a button to stop it; when stopped, one to go on."""
    job = _job()
    if job is not None and not job.finished:
        st.fragment(_poll, run_every=_EVERY)(len(_found()))
        return
    if job is not None and job.error:
        errors.show(job.error)
    missing = len(state.board().get("aligners", ())) - len(_found())
    if missing:
        _offer_the_rest(collection, missing)


def measure(
    wanted: Wanted, collection: Collection, shelf: Shelf, store: Store, settings: Settings, job: Job[None]
) -> None:
    """The work itself. Each row goes on the shelf at once; `job` publishes (aligner, row of its history)."""
    entries, encoders = board_entries(wanted.board, collection)
    job.progress(0.0, "encoding")
    encoding = encode(collection, encoders, store=store, settings=settings, progress=within(job.progress, 0.0, 0.2))

    def publish(row: Row) -> None:
        before = shelf.get("board", wanted.board_key) or {}
        shelf.put("board", wanted.board_key, before | {row["aligner"]: row})

    finished = [row for row in (shelf.get("board", wanted.board_key) or {}).values() if not row["error"]]
    compare(
        collection,
        encoding,
        entries,
        store=store,
        progress=within(job.progress, 0.2, 1.0),
        publish=publish,
        watch=lambda aligner, row: job.publish((aligner, row)),
        finished=finished,
    )


def _poll(seen: int) -> None:
    job = _job()
    if job is None or job.finished or len(_found()) != seen:
        st.rerun()
    progress_bar(job, stop="board.stop")
    _draw_loss(job)


def _draw_loss(job: Job[Any]) -> None:
    published = job.published
    if published:
        aligner = published[-1][0]
        history = latest_fit([row for name, row in published if name == aligner])
        if len(history) > 1:
            figure = fit_figure(history, title=aligner)
            st.plotly_chart(figure, key="board.live", config=BARE, alt=f"Loss of {aligner}, which is being fitted")


def _offer_the_rest(collection: Collection, missing: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        many = "1 aligner is" if missing == 1 else f"{missing} aligners are"
        st.markdown(f":gray[:material/pause: {many} not measured yet.]")
        st.button("Measure the rest", icon=":material/resume:", key="board.rest", on_click=go_on, args=(collection,))


def _job() -> Job[Any] | None:
    return next(iter(JOBS.all(owner=_owner(state.wanted()))), None)


def _owner(wanted: Wanted) -> str:
    return f"board {wanted.board_key}"
