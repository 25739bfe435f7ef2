"""Work a part of a page asks for: done once in the background, kept on the shelf, with progress and a way to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mmalign_core.jobs import JOBS, Job, Jobs
from mmalign_core.types import BadInput, Progress
from pages._shared import cache, errors
from pages._shared.shelf import Failed
from pages._shared.waiting import progress_bar

_EVERY = 0.5
_PATIENCE = 0.4
"""Seconds to wait before showing progress: most work is done by then, and nothing flickers."""


@dataclass(frozen=True)
class Task:
    """`work` gets a progress callback; its result lies on the shelf under `kind` and `key`. `jobs` runs it."""

    kind: str
    key: str
    title: str
    work: Callable[[Progress], Any]
    jobs: Jobs = JOBS

    @property
    def owner(self) -> str:
        """Under which its jobs are found."""
        return f"{self.kind} {self.key}"

    @property
    def found(self) -> Any | None:
        """The result, `Failed`, or None while there is neither."""
        return cache.shelf().get(self.kind, self.key)

    @property
    def idle(self) -> bool:
        """Whether it is neither made nor under way nor broken off: what made room on the shelf is made again."""
        return self.found is None and (self.job is None or self.job.status == "done")

    @property
    def job(self) -> Job[Any] | None:
        """The latest one."""
        return next(iter(self.jobs.all(owner=self.owner)), None)


def start(task: Task) -> None:
    """Begin, unless it is under way; what failed before is tried again."""
    shelf, work = cache.shelf(), task.work
    shelf.drop(task.kind, task.key)

    def run(job: Job[None]) -> None:
        try:
            made = work(job.progress)
        except BadInput as error:
            made = Failed(str(error))
        shelf.put(task.kind, task.key, made)

    task.jobs.submit(task.title, run, owner=task.owner, once=True).wait(_PATIENCE)


def result(task: Task, *, begin: bool = False) -> Any | None:
    """What was made; else its progress or what went wrong is shown in its place and None given.

    With `begin` it starts by itself, unless it was stopped before.
    """
    if begin and task.idle:
        start(task)
    if isinstance(task.found, Failed):
        errors.show(task.found.reason)
        return None
    if task.found is None:
        _wait(task)
    return task.found


def _wait(task: Task) -> None:
    job = task.job
    if job is None:
        return
    if job.finished:
        if job.error:
            errors.show(job.error)
        else:
            st.markdown(":gray[:material/pause: Stopped.]")
        st.button("Try again", icon=":material/refresh:", key=f"again.{task.owner}", on_click=start, args=(task,))
    else:
        st.fragment(_poll, run_every=_EVERY)(task)


def _poll(task: Task) -> None:
    job = task.job
    if job is None or job.finished:
        st.rerun()
    progress_bar(job, stop=f"stop.{task.owner}")
