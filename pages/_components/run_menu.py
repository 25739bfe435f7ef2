"""The menu of runs: what is open and how well it does, and the other runs of this session and of the store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import cut_text, direction_arrow
from mmalign_core.types import Collection
from mmalign_core.wording import tr, tr_list, tr_many, tr_word
from mmalign_core.workflow import Run, RunSummary, check_run_id, leading_share
from pages._components import errors, numbers
from pages._session import cache, kept_data, pipeline, state, view_history

_LISTED = 8
"""Saved runs in the menu; the Overview page lists all. Our choice: what fits on a screen."""


def show() -> None:
    """Draw the button that names data, aligner, what was measured and the headline number. It opens the menu."""
    collection, run = pipeline.ready("collection"), pipeline.ready("run")
    if not isinstance(collection, Collection):
        return
    found = run if isinstance(run, Run) else None
    if found is not None:
        view_history.remember_view(label(found))
    menu = st.popover(_button(collection, found), icon=":material/layers:", key="runs", on_change="rerun", wrap=True)
    if menu.open:
        with menu:
            _present(collection, found)
            _visited()
            _saved()


def collection_name(collection: Collection) -> str:
    """The name of the open collection, short enough for a line."""
    return cut_text(tr_word(collection.name), 40)


def label(run: Run) -> str:
    """Return one line on the run: its data, aligner, what was measured, and the headline number."""
    return " · ".join([collection_name(run.collection), *_measures(run.choices.aligner, run.report)])


def headline(report: Mapping[str, Any]) -> str:
    """Return "image → text R@10 24%" for the first direction of a report; "" if nothing was measured.

    Among few candidates it is R@1.
    """
    for way in report.get("metrics", {}):
        one = leading_share(report, way)
        return f"{direction_arrow(way)} R@{one.cut} {one.value:.0%}"
    return ""


def keep(run: Run) -> None:
    """Draw a form that saves the run: the collection's table, the space, the aligner and the metrics."""
    with st.form("keep", border=False):
        name = st.text_input(
            tr("Name"), placeholder=run.id, max_chars=100, help=tr("Letters, digits, '-', '_' and '.'")
        )
        if st.form_submit_button(tr("Keep this run"), icon=":material/bookmark_add:"):
            with errors.shown():
                kept = check_run_id(name.strip() or run.id)
                kept_data.keep_run(run, kept, state.source())
                with_files = tr(" with the uploaded files") if state.source_kind() == "upload" else ""
                words = tr("`python -m mmalign_core recommend {kept} --query-text rain`", kept=kept)
                st.success(tr("Kept{with_files}. From a terminal: {words}", with_files=with_files, words=words))


def reopen(name: str) -> None:
    """Show this saved run, as it was saved."""
    state.open_source("run", name, opened=str(time.time_ns()))


def _measures(aligner: str, report: Mapping[str, Any]) -> list[str]:
    return [part for part in (aligner, numbers.split_words(report) if report else "", headline(report)) if part]


def _button(collection: Collection, run: Run | None) -> str:
    many = len(collection.ids)
    name = f"**{errors.plain(collection_name(collection))}**"
    if run is None:
        return f"{name} · {tr_many('{n:,} item', '{n:,} items', n=many)}"
    return " · ".join([name, *map(errors.plain, _measures(run.choices.aligner, run.report))])


def _present(collection: Collection, run: Run | None) -> None:
    st.markdown(tr("**Open now**"))
    held = tr_list(map(tr_word, collection.modalities)) or tr("nothing that can be used")
    st.caption(
        errors.plain(
            tr("{name}: {n:,} items with {held}.", name=tr_word(collection.name), n=len(collection.ids), held=held)
        )
    )
    if run is not None and run.report:
        st.caption(numbers.measured_on(run.report) if run.report.get("metrics") else errors.plain(headline(run.report)))
        keep(run)


def _visited() -> None:
    """The other runs of this session, the latest first."""
    others = view_history.remembered_views()[1:]
    if not others:
        return
    st.markdown(tr("**Earlier in this session**"))
    for place, view in enumerate(others):
        st.button(
            errors.plain(view["label"]),
            key=f"runs.visited.{place}",
            type="tertiary",
            icon=":material/history:",
            on_click=view_history.open_view,
            args=(view,),
        )


def _saved() -> None:
    """The runs of the store, the newest first."""
    found = cache.home_store().list_runs()
    if not found:
        return
    st.markdown(tr("**Saved runs**"))
    for summary in found[:_LISTED]:
        st.button(
            errors.plain(saved_label(summary)),
            key=f"runs.saved.{summary.id}",
            type="tertiary",
            icon=":material/bookmark:",
            on_click=reopen,
            args=(summary.id,),
        )
    if len(found) > _LISTED:
        st.caption(tr("{n:,} more are on the Overview page.", n=len(found) - _LISTED))


def saved_label(summary: RunSummary) -> str:
    """Return one line on a saved run: its name, data, aligner and headline number."""
    return " · ".join([summary.id, summary.collection_name, *_measures(summary.aligner, summary.report)])
