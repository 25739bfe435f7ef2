"""What a page shows while background work runs: its progress, a way to stop it, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import fit_figure, latest_fit
from pages._components import errors
from pages._session import cache, state
from pages._session.jobs import JOBS, Board, Job, Task
from pages._session.pipeline import STAGES, prepare
from pages._session.results_cache import Failed
from pages._session.view_spec import Wanted

_EVERY, _EVERY_ROW, _EVERY_LOSS = 0.5, 1.0, 1.5
"""Seconds between two looks at a job, a board's rows and a loss. A chart costs more to redraw than a bar."""
_HEIGHT = 460
BARE = {"displayModeBar": False}
"""Configuration of a chart without buttons."""


def begin() -> None:
    """Start the work behind this session's view, unless it is done, under way, or was stopped."""
    wanted = state.wanted()
    job = _job(wanted)
    if _missing(wanted) and (job is None or job.status == "done"):
        _submit(wanted)


def again() -> None:
    """Drop what failed, and start anew."""
    wanted = state.wanted()
    for kind in STAGES:
        if isinstance(_on_shelf(wanted, kind), Failed):
            cache.shelf().drop(kind, wanted.key(kind))
    _submit(wanted)


def align(choices: Mapping[str, Any]) -> None:
    """Make these choices the session's own; the work starts with the next run, also if it was stopped before."""
    state.choose(choices)
    if _stopped():
        again()


def ready(kind: str) -> Any | None:
    """This session's collection, run, map or inspection; `Failed` with its reason; None while it is made."""
    return _on_shelf(state.wanted(), kind)


def need(kind: str) -> Any:
    """What `ready` gives, or a placeholder in its place and the page ends here."""
    found = ready(kind)
    if isinstance(found, Failed):
        errors.show(found.reason)
        st.stop()
    if found is None:
        earlier = [ready(stage) for stage in STAGES[: STAGES.index(kind)]]
        failed = next((stage for stage in earlier if isinstance(stage, Failed)), None)
        if failed:
            errors.show(failed.reason)
        elif _stopped():
            errors.empty("Stopped before this was ready", "What was done so far is kept; start again above.", "pause")
        else:
            st.skeleton(height=_HEIGHT)
        st.stop()
    return found


def show_fit() -> None:
    """The loss of the fit that is under way, as it falls; nothing where no fit reports one or the run is ready."""
    if ready("run") is None and (job := _job(state.wanted())) is not None and not job.finished:
        st.fragment(_draw_fit, run_every=_EVERY_LOSS)(job)


def show_progress() -> None:
    """How far the background work is, with a button to stop it; nothing when there is none."""
    job = _job(state.wanted())
    if job is not None and not job.finished:
        st.fragment(_poll, run_every=_EVERY)(tuple(_ready_stages()))
    elif _stopped():
        _offer_again(job)


def result(task: Task, *, begin: bool = False) -> Any | None:
    """The result of the task. While there is none, draws its progress or its error and returns None.

    With `begin` the task starts by itself, unless it was stopped before.
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
            st.markdown(f":gray[:material/pause: Not measured yet: {errors.plain(', '.join(board.missing))}.]")
            st.button("Measure the rest", icon=":material/resume:", key=f"{key}.rest", on_click=board.start)


def progress_bar(job: Job[Any], *, stop: str, on_stop: Callable[[], None] | None = None) -> None:
    """Draw how far a job is, and a button with the key `stop`. The button calls `on_stop`, or cancels the job."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        waits = "waiting for other work to end" if job.status == "queued" else "starting"
        does = " ".join((job.message or waits).split())
        st.progress(job.fraction, text=errors.plain(f"stopping · {does}" if job.stopping else does))
        st.button("Stop", type="tertiary", icon=":material/stop_circle:", key=stop,
                  on_click=on_stop or job.cancel, disabled=job.stopping)  # fmt: skip


def _submit(wanted: Wanted) -> None:
    shelf, store, settings = cache.shelf(), cache.store(), cache.settings()
    JOBS.submit(
        "prepare",
        lambda job: prepare(wanted, shelf, store, settings, job.progress, watch=job.publish),
        owner=wanted.map_key,
        once=True,
    )


def _poll(seen: tuple[str, ...]) -> None:
    job = _job(state.wanted())
    if job is None or job.finished or tuple(_ready_stages()) != seen:
        st.rerun()
    progress_bar(job, stop="stop")


def _poll_board(board: Board, seen: int, key: str, below: Callable[[Job[Any]], None] | None) -> None:
    job = board.job
    if job is None or job.finished or len(board.measured.rows) != seen:
        st.rerun()
    progress_bar(job, stop=f"{key}.stop", on_stop=board.stop)
    if below:
        below(job)


def _show_task(task: Task) -> None:
    job = task.job
    if job is None:
        return
    if job.finished:
        if job.error:
            errors.show(job.error)
        else:
            st.markdown(":gray[:material/pause: Stopped.]")
        st.button("Try again", icon=":material/refresh:", key=f"again.{task.owner}", on_click=task.start)
    else:
        st.fragment(_poll_task, run_every=_EVERY)(task)


def _poll_task(task: Task) -> None:
    job = task.job
    if job is None or job.finished:
        st.rerun()
    progress_bar(job, stop=f"stop.{task.owner}")


def _draw_fit(job: Job[Any]) -> None:
    history = latest_fit(job.published)
    if len(history) > 1:
        st.plotly_chart(fit_figure(history), key="fit.live", config=BARE, alt="Loss of the fit under way")


def _offer_again(job: Job[Any] | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        st.markdown(f":gray[{errors.plain(errors.sentence(job.error or 'stopped') if job else 'Stopped.')}]")
        st.button("Start again", icon=":material/refresh:", key="again", on_click=again)


def _stopped() -> bool:
    job = _job(state.wanted())
    return job is not None and job.status in ("cancelled", "failed") and bool(_missing(state.wanted()))


def _job(wanted: Wanted) -> Job[Any] | None:
    return next(iter(JOBS.all(owner=wanted.map_key)), None)


def _on_shelf(wanted: Wanted, kind: str) -> Any | None:
    return cache.shelf().get(kind, wanted.key(kind))


def _ready_stages() -> list[str]:
    return [kind for kind in (*STAGES, "inspection") if ready(kind) is not None]


def _missing(wanted: Wanted) -> bool:
    """Whether something is still to be made: what follows a failure never will be."""
    for kind in STAGES:
        found = _on_shelf(wanted, kind)
        if found is None:
            return True
        if isinstance(found, Failed):
            return kind != "collection" and _on_shelf(wanted, "inspection") is None
    return _on_shelf(wanted, "inspection") is None
