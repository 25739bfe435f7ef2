"""The proof of a repair: before and after on the same held-out items, what turned, and the repaired run to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow, measure_word
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say, tr, tr_many
from mmalign_core.workflow import ErrorReport, Repair, Run, check_run_id
from pages._components import errors, exports, run_menu, waiting
from pages._components.headings import headings
from pages._components.media import gallery
from pages._panels.errors.queries import open_item
from pages._session import cache, kept_data, state
from pages._session.jobs import Task, within
from pages._session.results_cache import Failed

_SHOWN = ("recall@1", "recall@10", "mrr")
"""Metrics of the proof; the table to download holds all of them."""
_MOST = 24
"""Turned queries shown as cards: three rows. The list names how many there are."""


def show(run: Run, report: ErrorReport, done: Repair, key: str) -> None:
    """Draw the verdict, the numbers, the queries that turned, and the form that keeps the repaired run."""
    told = done.report()
    st.subheader(tr("What the repair brought"), anchor=False)
    low, high = told["mean_mrr"]["ci95"]
    icon = "trending_up" if low > 0 else "trending_down" if high < 0 else "trending_flat"
    st.markdown(f":material/{icon}: **{errors.plain(done.verdict())}**")
    st.caption(
        errors.plain(
            tr(
                "Both are fits of {aligner}, measured on {n_held_out:,} held-out items by {split}. 95% paired "
                "bootstrap intervals.",
                aligner=told["aligner"],
                n_held_out=told["n_held_out"],
                split=told["split"],
            )
        )
    )
    table = _table(done, told)
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        table[table["metric"].isin([measure_word(name) for name in _SHOWN])],
        hide_index=True,
        key="repair.table",
        alt=tr("Metrics before and after the repair"),
        column_config=headings(
            table[table["metric"].isin([measure_word(name) for name in _SHOWN])],
            dict.fromkeys(("before", "after", "difference", "95% low", "95% high"), number),
        ),
    )
    exports.table(table, "repair", key="repair")
    for which, ways in (("fixed", told["by_direction"]), ("broken", told["by_direction"])):
        _turned(run, report, which, {way: found[which] for way, found in ways.items()})
    _keep(done, key)


def _table(done: Repair, told: Mapping[str, Any]) -> pd.DataFrame:
    """One row for each metric of each direction."""
    rows = []
    for way, metrics in told["difference"].items():
        for name, found in metrics.items():
            rows.append(
                {
                    "direction": direction_arrow(way),
                    "metric": measure_word(name),
                    "n": len(done.effect.before[way].items),
                    "before": told["before"][way][name],
                    "after": told["after"][way][name],
                    "difference": found["value"],
                    "95% low": found["ci95"][0],
                    "95% high": found["ci95"][1],
                    "verdict": "better"
                    if found["ci95"][0] > 0
                    else "worse"
                    if found["ci95"][1] < 0
                    else tr("not shown"),
                }
            )
    return pd.DataFrame(rows)


def _shown(low: float, high: float) -> str:
    return "better" if low > 0 else "worse" if high < 0 else tr("not shown")


def _turned(run: Run, report: ErrorReport, which: str, ways: Mapping[str, Sequence[str]]) -> None:
    """The queries that were fixed or broken, each direction apart; a click opens one in the list."""
    words = {"fixed": tr(":green[:material/check: Fixed]"), "broken": tr(":red[:material/close: Broken]")}[which]
    for way, items in ways.items():
        many = tr_many("{n:,} query", "{n:,} queries", n=len(items))
        st.markdown(f"**{words}** {direction_arrow(way)}: {many}")
        if items:
            cards = [gallery.card(run.collection, item) for item in items[:_MOST] if item in run.collection.items.index]

            def pick(item: str, way: str = way) -> None:
                open_item(report, item, way)
                state.set_widget("view", "Queries")

            gallery.show(cards, key=f"repair.{which}.{way}", width=110, most=8, on_pick=pick)
        if len(items) > _MOST:
            st.caption(tr("{n:,} more are not shown.", n=len(items) - _MOST))


def _keep(done: Repair, key: str) -> None:
    """A form that saves the repaired run; then a button that opens it."""
    kept_name = str(state.widget(f"repair.kept.{key}", ""))
    if not kept_name:
        default = f"{done.run.id}-repaired"
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(tr("Name"), value=default, max_chars=100, key="repair.name", width=300,
                                 help=tr("Letters, digits, '-', '_' and '.'"))  # fmt: skip
            st.button(tr("Keep the repaired run"), icon=":material/bookmark_add:", type="primary", key="repair.keep",
                      on_click=_start, args=(done, key, name or default))  # fmt: skip
        return
    task = _save_task(done, key, kept_name)
    saved = waiting.result(task)
    if isinstance(task.found, Failed):
        st.button(
            tr("Choose another name"), key="repair.rename", on_click=state.set_widget, args=(f"repair.kept.{key}", "")
        )
    if saved is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(tr(":green[:material/check: Kept as {saved}]", saved=errors.plain(saved)))
            st.button(tr("Open it"), icon=":material/folder_open:", type="primary", key="repair.open",
                      on_click=_open, args=(saved,))  # fmt: skip


def _start(done: Repair, key: str, name: str) -> None:
    try:
        name = check_run_id(str(state.widget("repair.name", name)).strip() or name)
    except BadInput as error:
        st.toast(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    state.set_widget(f"repair.kept.{key}", name)
    _save_task(done, key, name).start()


def _open(name: str) -> None:
    run_menu.reopen(name)
    state.set_widget("view", "Queries")


def _save_task(done: Repair, key: str, name: str) -> Task:
    store, source = cache.store(), state.source()

    def work(progress: Progress) -> str:
        made = done.repaired_run(store=store, progress=within(progress, 0.0, 0.9))
        kept_data.keep_run(made, name, source)
        progress(1.0, tr("kept as {name}", name=name))
        return name

    return Task("repair", f"{key} keep {name}", say("keep the repaired run {name}", name=name), work)
