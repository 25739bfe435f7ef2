"""What stands out in the open run: one sentence each, with a button that leads to what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.types import Collection, Progress
from mmalign_core.wording import say, tr
from mmalign_core.workflow import Finding, Run, find_findings, tour_order
from pages._components import errors, waiting
from pages._panels.overview import tour
from pages._session import cache, pipeline, state
from pages._session.jobs import Task, watched_task
from pages._session.results_cache import Failed

_WORDS = {
    "headline": (say("See its errors"), ":material/flag:"),
    "cause": (say("See these"), ":material/search:"),
    "slice": (say("See this slice"), ":material/bar_chart:"),
    "correction": (say("Correct for hubs"), ":material/hub:"),
    "training": (say("Train on the pairs"), ":material/model_training:"),
    "kinds": (say("See the drawings"), ":material/draw:"),
    "languages": (say("Ask in Chinese"), ":material/translate:"),
    "sounds": (say("Ask by this sound"), ":material/graphic_eq:"),
    "planted": (say("Find them"), ":material/troubleshoot:"),
}
"""Kind of finding -> the button's words and icon."""


_EVERY = 1.0
"""Seconds between two looks for more findings while the search runs."""


def show(run: Run, run_key: str) -> None:
    """Draw the findings: those known so far while the search runs, with its progress."""
    if not run.report.get("metrics"):
        st.caption(tr("Nothing was measured in this run, so nothing can be called an error."))
        return
    tasks = [_task(run, run_key), *([tour.task(run, run_key)] if with_tour() else [])]  # the tour goes with the demo
    for task in tasks:
        if task.idle:
            task.start()
    waited = [task for task in tasks if task.found is None or isinstance(task.found, Failed)]
    if waited:
        st.fragment(_draw, run_every=_EVERY)(tasks, run.collection)
        for task in waited:
            waiting.result(task)
        return
    _draw(tasks, run.collection)
    if len(tasks[0].found) == 1 and len(tasks) == 1:
        st.caption(tr("No cause was found more often than by chance, and no change that was tried surely helps."))


def with_tour() -> bool:
    """Whether the demo itself is open: its tour goes with the findings."""
    return state.source_kind() == "demo" and not state.source()["value"]


def _draw(tasks: Sequence[Task], collection: Collection) -> None:
    """Draw what is known by now."""
    found = tuple(finding for task in tasks for finding in task.known or ())
    for place, finding in enumerate(tour_order(found) if len(tasks) > 1 else found):
        _show(finding, place, collection)


def _task(run: Run, run_key: str) -> Task:
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress, watch: Callable[[tuple[Finding, ...]], None]) -> tuple[Finding, ...]:
        return find_findings(run, store=store, settings=settings, progress=progress, watch=watch)

    return watched_task("findings", run_key, say("look for errors and their causes"), work)


def _show(finding: Finding, place: int, collection: Collection) -> None:
    words, icon = _WORDS[finding.kind]
    with st.container(border=True, key=f"finding.{place}"):
        left, right = st.columns([4, 1], vertical_alignment="center")
        strong = "**" if finding.kind == "headline" else ""
        left.markdown(f"{strong}{errors.plain(finding.sentence)}{strong}")
        pressed = right.button(tr(words), icon=icon, key=f"finding.{place}.{finding.kind}", width="stretch")
    if pressed:
        _follow(finding.action, collection)


def _follow(action: Mapping[str, Any], collection: Collection) -> None:
    """Open the page that the action names, with its filters, its query, or its choices for a new alignment."""
    if action["page"] == "recommend":
        tour.ask(action, collection)
        st.switch_page("pages/recommend.py")
    if "open" in action:
        tour.open_planted()
        st.switch_page("pages/errors.py", query_params={"sort": "suspicion"})
    if action["page"] == "align":
        pipeline.align_with({**state.view_spec().choices, **action["choices"]})
        state.forget_widgets("align.")
        st.switch_page("pages/align.py")
    filters = {name: value for name, value in action.items() if name in ("cause", "slice")}
    if "direction" in action:
        filters["direction"] = direction_arrow(action["direction"])
    st.switch_page("pages/errors.py", query_params=filters)
