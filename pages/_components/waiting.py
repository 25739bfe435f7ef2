"""Background work on a page: its progress, a button to stop it, and its errors."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from mmalign_core.plots import direction_arrow, fit_figure, latest_fit
from mmalign_core.wording import tr, tr_any
from pages._components import errors
from pages._session import cache, pipeline, state
from pages._session.jobs import JOBS, Board, Job, Task
from pages._session.pipeline import STAGES
from pages._session.results_cache import Failed
from pages._session.visitors import visitor

_EVERY, _EVERY_ROW, _EVERY_LOSS = 0.5, 1.0, 1.5
"""Seconds between two updates of a job, a board's rows and a loss. A chart costs more to redraw than a bar."""
_HEIGHT = 460
"""Pixels of the placeholder: about the height of the charts that follow it, so the page does not jump."""
BARE = {"displayModeBar": False}
"""Configuration of a chart without buttons."""


def need(kind: str) -> Any:
    """Return what `pipeline.ready` gives, or the map so far. While there is neither, draw a placeholder and stop."""
    found = pipeline.ready(kind)
    if found is None and kind == "map":
        found = pipeline.map_so_far()
    if isinstance(found, Failed):
        errors.show(found.reason)
        if kind == "collection":
            _offer_data()
        st.stop()
    if found is None:
        earlier = [pipeline.ready(stage) for stage in STAGES[: STAGES.index(kind)]]
        failed = next((stage for stage in earlier if isinstance(stage, Failed)), None)
        if failed:
            errors.show(failed.reason)
            if failed is pipeline.ready("collection"):
                _offer_data()
        elif pipeline.stopped():
            job = pipeline.current_job()
            found = f" {job.found[:1].upper()}{job.found[1:]}." if job is not None and job.found else ""
            hint = tr("Finished parts are kept.{found} Press Start again above.", found=found)
            errors.empty(tr("Stopped before this was ready"), hint, "pause")
        else:
            st.skeleton(height=_HEIGHT)
        st.stop()
    return found


def _offer_data() -> None:
    """Draw ways on where the collection cannot be opened: a folder that an address asks for, the demo, an upload."""
    source = state.source()
    with st.container(horizontal=True):
        if source["kind"] == "folder" and "opened" not in source and cache.settings().data_roots is not None:
            st.button(tr("Open this folder"), icon=":material/folder_open:", key="instead.folder", on_click=_open_asked)
        st.button(tr("Open the demo"), type="primary", icon=":material/auto_awesome:", key="instead.demo",
                  on_click=state.open_source, args=("demo",))  # fmt: skip
        if st.button(tr("Upload files"), icon=":material/upload:", key="instead.upload", on_click=state.set_widget,
                     args=("source", "upload")):  # fmt: skip
            st.switch_page("pages/data.py")


def _open_asked() -> None:
    state.open_source("folder", state.source()["value"], opened=str(time.time_ns()))


def show_fit() -> None:
    """Draw the loss of the running fit. Draws nothing if the fit reports none or the run is ready."""
    if pipeline.ready("run") is None and (job := pipeline.current_job()) is not None and not job.finished:
        st.fragment(_draw_fit, run_every=_EVERY_LOSS)(job)


def show_progress() -> None:
    """Draw the progress of the background work with a button to stop it. Draws nothing if there is none."""
    job = pipeline.current_job()
    if job is not None and not job.finished:
        st.fragment(_poll, run_every=_EVERY)(pipeline.ready_stages())
    elif pipeline.stopped():
        _offer_again(job)


def result(task: Task, *, begin: bool = False) -> Any | None:
    """Return the result of the task. While there is none, draw its progress or its error and return None.

    With `begin` the task starts without a click, unless it was stopped before.
    """
    if begin and task.idle:
        task.start()
    if isinstance(task.found, Failed):
        errors.show(task.found.reason)
        return None
    if task.found is None:
        _show_task(task)
    return task.found


def show_board(board: Board, key: str, *, offered: bool, below: Callable[[Job[Any]], None] | None = None) -> None:
    """Draw the progress of the board's job, or its error; offer to measure missing rows if `offered`.

    `key` starts the keys of the buttons. `below` draws more of the running job under its progress.
    """
    job = board.job
    if job is not None and not job.finished:
        st.fragment(_poll_board, run_every=_EVERY_ROW)(board, len(board.measured.rows), key, below)
        return
    if job is not None and job.error:
        errors.show(job.error)
    if board.missing and offered:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                tr(
                    ":gray[:material/pause: Not measured yet: {missing}.]",
                    missing=errors.plain(", ".join(board.missing)),
                )
            )
            st.button(tr("Measure the rest"), icon=":material/resume:", key=f"{key}.rest", on_click=board.start)


def progress_bar(job: Job[Any], *, stop: str, on_stop: Callable[[], None] | None = None, title: str = "") -> None:
    """Draw how far a job is, and a button with the key `stop`. The button calls `on_stop`, or cancels the job.

    `title` says what the job is for; its message alone, such as "fold 3 of 10", does not.
    """
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        job.want(visitor().key)
        waits = _place_in_line(job) if job.status == "queued" else tr("starting")
        does = direction_arrow(" ".join(str(tr_any(job.message or waits)).split()))
        does = f"{tr_any(title)}: {does}" if title and title != does else does
        st.progress(job.fraction, text=errors.plain(tr("stopping · {does}", does=does) if job.stopping else does))
        st.button(tr("Stop"), type="tertiary", icon=":material/stop_circle:", key=stop,
                  on_click=on_stop or job.cancel, disabled=job.stopping)  # fmt: skip


def _place_in_line(job: Job[Any]) -> str:
    """Say that the job waits, and for how many others."""
    before = JOBS.place(job)
    return tr("in line, {before} before it", before=before) if before else tr("next in line, when other work ends")


def _poll(seen: tuple[str, ...]) -> None:
    job = pipeline.current_job()
    if job is None or job.finished or pipeline.ready_stages() != seen:
        st.rerun()
    progress_bar(job, stop="stop")


def _poll_board(board: Board, seen: int, key: str, below: Callable[[Job[Any]], None] | None) -> None:
    job = board.job
    if job is None or job.finished or len(board.measured.rows) != seen:
        st.rerun()
    progress_bar(job, stop=f"{key}.stop", on_stop=board.stop)
    if not visitor().private:
        st.checkbox(tr("Go on when I leave"), value=job.kept, key=f"{key}.kept.{job.id}", on_change=_keep_going,
                    args=(job,), help=tr("Otherwise it stops a minute after your last page closes."))  # fmt: skip
    if below:
        below(job)


def _keep_going(job: Job[Any]) -> None:
    job.kept = not job.kept


def _show_task(task: Task) -> None:
    job = task.job
    if job is None:
        return
    if job.finished:
        if job.error:
            errors.show(job.error)
        else:
            st.markdown(tr(":gray[:material/pause: Stopped.]"))
        st.button(tr("Try again"), icon=":material/refresh:", key=f"again.{task.owner}", on_click=task.start)
    else:
        st.fragment(_poll_task, run_every=_EVERY)(task)


def _poll_task(task: Task) -> None:
    job = task.job
    if job is None or job.finished:
        st.rerun()
    progress_bar(job, stop=f"stop.{task.owner}", title=task.title)


def _draw_fit(job: Job[Any]) -> None:
    history = latest_fit(job.published)
    if len(history) > 1:
        st.plotly_chart(fit_figure(history), key="fit.live", config=BARE, alt=tr("Loss of the fit under way"))


def _offer_again(job: Job[Any] | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        st.markdown(f":gray[{errors.plain(errors.sentence(job.error or tr('stopped')) if job else tr('Stopped.'))}]")
        st.button(tr("Start again"), icon=":material/refresh:", key="again", on_click=pipeline.restart)
