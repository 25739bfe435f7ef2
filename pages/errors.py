"""Errors: all queries of the run, worst first; one of them large; marks, and a repair with its proof."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import pandas as pd
import streamlit as st

from mmalign_core.types import Progress
from mmalign_core.workflow import ErrorReport, Run, find_errors
from pages._components import errors, exports, header, waiting
from pages._components.media import previews
from pages._panels.errors import filters, mark_panel, pair, query_list, repair, slices
from pages._panels.errors.queries import in_focus
from pages._session import cache, run_cache, state
from pages._session.jobs import Task

VIEWS = ("Queries", "Repair")


def error_task(run: Run, run_key: str) -> Task:
    """The search for errors and their causes."""
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress) -> ErrorReport:
        return find_errors(run, store=store, settings=settings, progress=progress)

    return Task("errors", run_key, "look for errors and their causes", work)


@st.fragment(key="errors.queries")
def queries(run: Run, run_key: str, report: ErrorReport) -> None:
    """Draw the slices and the filters, and what they let pass."""
    table = run_cache.queries(run_key, report)
    above = st.expander("Slices", icon=":material/pie_chart:", expanded=True, key="errors.slices.box")
    with above:
        sliced = slices.found(run, run_key)
    chosen = filters.show(table, run.collection, sliced)
    if sliced is not None:
        with above:
            slices.show(sliced, chosen.direction, chosen.slice, report.notes)
    passed(run, run_key, report, chosen, slices.items_of(sliced, chosen.direction, chosen.slice))


@st.fragment(key="errors.passed")
def passed(
    run: Run, run_key: str, report: ErrorReport, chosen: filters.Filters, items: AbstractSet[str] | None
) -> None:
    """Draw the list and the query in focus: all that runs again when a person moves on or marks."""
    mark_panel.show_said()
    marks = mark_panel.by_item(cache.marks(run.collection), run.choices.pair)
    listed = filters.listed(run_cache.queries(run_key, report), chosen, run.collection, marks, items)
    focus = in_focus(report, listed)
    left, right = st.columns([4, 7], gap="medium")
    with left:
        if len(listed):
            query_list.show(run, report, listed, focus, marks)
        else:
            errors.empty("No query passes these filters", "Clear them to see all queries.", "filter_alt_off")
        mark_panel.show_undo(run)
        _export(report, listed)
    with right:
        if focus is not None:
            pair.show(run, run_key, report, focus, marks)


def _export(report: ErrorReport, listed: pd.DataFrame) -> None:
    """Buttons that write all listed queries, in the order of the list."""

    def rows() -> pd.DataFrame:
        return report.table(zip(listed["direction"], map(int, listed["row"])))

    st.caption(
        f"{len(listed):,} of {len(report):,} queries listed: {_wrong(listed)}. "
        "Keys: J, K move · 1–5 mark · U undoes · Enter opens."
    )
    exports.table(rows, "errors", key="errors", rows=len(listed))


def _wrong(listed: pd.DataFrame) -> str:
    """How many of the listed queries are wrong; held-out and fitted ones apart, because the fit saw the fitted ones."""
    held = listed[listed["held_out"]]
    if len(held) in (0, len(listed)):
        return f"{int((~listed['correct']).sum()):,} wrong, {'all' if len(held) else 'none'} held out"
    fitted = listed[~listed["held_out"]]
    return " and ".join(
        f"{int((~part['correct']).sum()):,} of {len(part):,} {name} ones wrong"
        for part, name in ((held, "held-out"), (fitted, "fitted"))
    )


state.through_app("pages/errors.py")
header.show("Errors", "Which queries go wrong, why, and what repairs them?")
# Drawn before anything is waited for: a bound widget that is not drawn takes its value from the address again.
view = st.segmented_control("View", VIEWS, default=VIEWS[0], required=True, key="view", bind="query-params",
                            label_visibility="collapsed")  # fmt: skip
waiting.need("collection")
run, run_key = waiting.need("run"), state.view_spec().run_key
if not run.report.get("metrics"):
    errors.empty("Nothing was measured in this run", "So nothing can be called an error.", "rule")
    st.stop()
repair.show_origin(run)
found = waiting.result(error_task(run, run_key), begin=True)
if found is not None:
    for note in found.notes:
        st.caption(f":material/info: {errors.plain(errors.sentence(note))}")
    if view == "Repair":
        repair.show(run, run_key, found)
    else:
        queries(run, run_key, found)
    if found.missing:
        lacking = len({item for item, _ in found.missing})
        st.caption(f"{lacking:,} {'item lacks' if lacking == 1 else 'items lack'} a side of the pair: no queries.")
    previews.attribution(run.collection)
