"""What stands out in the open run: one sentence each, with a button that leads to what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.types import Progress
from mmalign_core.workflow import Finding, Run, find_findings
from pages._components import errors, waiting
from pages._session import cache, pipeline, state
from pages._session.jobs import Task

_WORDS = {
    "headline": ("See its errors", ":material/flag:"),
    "cause": ("See these", ":material/search:"),
    "slice": ("See this slice", ":material/bar_chart:"),
    "correction": ("Correct for hubs", ":material/hub:"),
    "training": ("Train on the pairs", ":material/model_training:"),
}
"""Kind of finding -> the button's words and icon."""


_EVERY = 1.0
"""Seconds between two looks for more findings while the search runs."""


def show(run: Run, run_key: str) -> None:
    """Draw the findings: those known so far while the search runs, with its progress."""
    if not run.report.get("metrics"):
        st.caption("Nothing was measured in this run, so nothing can be called an error.")
        return
    task = _task(run, run_key)
    if task.idle:
        task.start()
    if shown := task.found is None:
        st.fragment(_so_far, run_every=_EVERY)(run_key)
    found = waiting.result(task)
    if found is None:
        return
    if shown:  # the search ended in between, and a page cannot draw the same findings twice
        st.rerun()
    _draw(found)
    if len(found) == 1:
        st.caption("No cause was found more often than by chance, and no change that was tried surely helps.")


def _so_far(run_key: str) -> None:
    """Draw what the search has found by now."""
    _draw(cache.results().get("findings so far", run_key) or ())


def _draw(found: Sequence[Finding]) -> None:
    for place, finding in enumerate(found):
        _show(finding, place)


def _task(run: Run, run_key: str) -> Task:
    store, settings, results = cache.store(), cache.settings(), cache.results()

    def watch(found: tuple[Finding, ...]) -> None:
        results.put("findings so far", run_key, found)

    def work(progress: Progress) -> tuple[Finding, ...]:
        return find_findings(run, store=store, settings=settings, progress=progress, watch=watch)

    return Task("findings", run_key, "look for errors and their causes", work)


def _show(finding: Finding, place: int) -> None:
    words, icon = _WORDS[finding.kind]
    with st.container(border=True, key=f"finding.{place}"):
        left, right = st.columns([4, 1], vertical_alignment="center")
        strong = "**" if finding.kind == "headline" else ""
        left.markdown(f"{strong}{errors.plain(finding.sentence)}{strong}")
        pressed = right.button(words, icon=icon, key=f"finding.{place}.{finding.kind}", width="stretch")
    if pressed:
        _follow(finding.action)


def _follow(action: Mapping[str, Any]) -> None:
    """Open the page that the action names, with its filters or with its choices for a new alignment."""
    if action["page"] == "align":
        pipeline.align_with({**state.view_spec().choices, **action["choices"]})
        state.forget_widgets("align.")
        st.switch_page("pages/align.py")
    filters = {name: value for name, value in action.items() if name in ("cause", "slice")}
    if "direction" in action:
        filters["direction"] = direction_arrow(action["direction"])
    st.switch_page("pages/errors.py", query_params=filters)
