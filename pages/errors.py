"""Errors: all queries of the run, worst first; one of them large; marks, and a repair with its proof."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import pandas as pd
import streamlit as st

from mmalign_core.types import Progress
from mmalign_core.wording import say, tr, tr_many
from mmalign_core.workflow import ErrorReport, Run, find_errors
from pages._components import errors, exports, header, waiting
from pages._components.media import previews
from pages._panels.errors import filters, mark_panel, pair, query_list, repair, slices
from pages._panels.errors.queries import in_focus
from pages._session import cache, languages, run_cache, state
from pages._session.jobs import Task

VIEWS = (say("Queries"), say("Repair"))


def error_task(run: Run, run_key: str) -> Task:
    """The search for errors and their causes."""
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress) -> ErrorReport:
        return find_errors(run, store=store, settings=settings, progress=progress)

    return Task("errors", run_key, say("look for errors and their causes"), work)


@st.fragment(key="errors.queries")
def queries(run: Run, run_key: str, report: ErrorReport) -> None:
    """Draw the slices and the filters, and what they let pass."""
    table = run_cache.queries(run_key, report)
    above = st.expander(tr("Slices"), icon=":material/pie_chart:", expanded=True, key="errors.slices.box")
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
            errors.empty(tr("No query passes these filters"), tr("Clear them to see all queries."), "filter_alt_off")
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
        tr(
            "{n:,} of {of:,} queries listed: {wrong}. Keys: J, K move · 1–5 mark · U undoes · Enter opens.",
            n=len(listed),
            of=len(report),
            wrong=_wrong(listed),
        )
    )
    exports.table(rows, "errors", key="errors", rows=len(listed))


def _wrong(listed: pd.DataFrame) -> str:
    """How many of the listed queries are wrong; held-out and fitted ones apart, because the fit saw the fitted ones."""
    held = listed[listed["held_out"]]
    if len(held) in (0, len(listed)):
        wrong = int((~listed["correct"]).sum())
        return tr("{n:,} wrong, all held out", n=wrong) if len(held) else tr("{n:,} wrong, none held out", n=wrong)
    fitted = listed[~listed["held_out"]]
    wrong, of_fitted = int((~held["correct"]).sum()), int((~fitted["correct"]).sum())
    return tr(
        "{wrong:,} of {n:,} held-out ones wrong and {of_fitted:,} of {fitted:,} fitted ones wrong",
        wrong=wrong, n=len(held), of_fitted=of_fitted, fitted=len(fitted),
    )  # fmt: skip


state.through_app("pages/errors.py")
header.show(tr("Errors"), tr("Which queries go wrong, why, and what repairs them?"))
# Drawn before anything is waited for: a bound widget that is not drawn takes its value from the address again.
view = st.segmented_control(
    tr("View"),
    VIEWS,
    default=VIEWS[0],
    required=True,
    key="view",
    bind="query-params",
    format_func=languages.worded("view", VIEWS),
    label_visibility="collapsed",
)
waiting.need("collection")
run, run_key = waiting.need("run"), state.view_spec().run_key
if not run.report.get("metrics"):
    errors.empty(tr("Nothing was measured in this run"), tr("So nothing can be called an error."), "rule")
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
        st.caption(
            tr_many(
                "{n:,} item lacks a side of the pair: no queries.",
                "{n:,} items lack a side of the pair: no queries.",
                n=lacking,
            )
        )
    previews.attribution(run.collection)
