"""The saved runs: name, when, data, aligner and numbers of each; open, compare, rename and delete."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import tr
from mmalign_core.workflow import RunSummary, check_run_id, leading_share
from pages._components import errors, exports, numbers, run_menu
from pages._components.headings import headings
from pages._session import cache, clicks, state


def show() -> None:
    """Draw a table of the runs in the store, newest first, and what can be done with the chosen one."""
    found = cache.home_store().list_runs()
    st.subheader(tr("Saved runs"), anchor=False)
    if not found:
        st.caption(tr("None yet. Open the menu of runs at the top right, or the Align page, to keep one under a name."))
        return
    table = _table(found)
    st.dataframe(
        table,
        hide_index=True,
        key="saved.runs",
        on_select="rerun",
        selection_mode="single-row",
        alt=tr("Saved runs, newest first"),
        column_config=headings(
            table,
            {
                "value": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
                "saved": st.column_config.DatetimeColumn(format="distance"),
            },
        ),
    )
    exports.table(table, "runs", key="saved.runs")
    row = clicks.selected_row("saved.runs")
    if row is None or row >= len(found):
        st.caption(tr("Click the box at the left of a run to open, compare, rename or delete it."))
        return
    _actions(found[row])


def _table(found: list[RunSummary]) -> pd.DataFrame:
    rows = []
    for summary in found:
        ways = summary.report.get("metrics", {})
        way = next(iter(ways), "")
        leading = leading_share(summary.report, way) if way else None
        rows.append(
            {
                "name": summary.id,
                "saved": pd.to_datetime(summary.created, errors="coerce"),
                "data": summary.collection_name,
                "aligner": summary.aligner,
                "measured on": numbers.split_words(summary.report) if ways else tr("not measured"),
                "direction": way.replace("->", " → "),
                "n": leading.n if leading else None,
                "metric": leading.metric if leading else None,
                "value": leading.value if leading else None,
            }
        )
    return pd.DataFrame(rows)


def _actions(summary: RunSummary) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(tr("Open"), icon=":material/folder_open:", type="primary", key="saved.open", on_click=run_menu.reopen,
                  args=(summary.id,))  # fmt: skip
        if st.button(tr("Compare with the open run"), icon=":material/compare:", key="saved.compare"):
            st.switch_page("pages/compare.py", query_params={"with": summary.id})
        with st.popover(tr("Rename"), icon=":material/edit:"), st.form("saved.rename", border=False):
            st.text_input(tr("New name"), value=summary.id, max_chars=100, key="saved.name")
            st.form_submit_button(tr("Rename"), on_click=_rename, args=(summary.id,))
        with st.popover(tr("Delete"), icon=":material/delete:"):
            st.markdown(tr("Delete the run {id} from this machine?", id=errors.plain(summary.id)))
            st.button(
                tr("Delete it"), icon=":material/delete:", key="saved.delete", on_click=_delete, args=(summary.id,)
            )


def _rename(old: str) -> None:
    new = str(state.widget("saved.name", "")).strip()
    try:
        cache.home_store().rename_run(old, check_run_id(new))
    except (BadInput, OSError) as error:
        st.toast(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    if state.view_spec().saved == old:
        run_menu.reopen(new)
    st.toast(errors.plain(tr("{old} is now called {new}", old=old, new=new)), icon=":material/edit:")


def _delete(name: str) -> None:
    try:
        cache.home_store().remove_run(name)
    except (BadInput, OSError) as error:
        st.toast(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    st.toast(errors.plain(tr("{name} is deleted", name=name)), icon=":material/delete:")
