"""The repair: what to follow, what would change, the background work, and the way back to the run before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.types import Progress, digest_json
from mmalign_core.wording import say, tr, tr_many
from mmalign_core.workflow import ErrorReport, MarkKind, RepairChange, RepairPlan, Run, plan_repair, repair_run
from pages._components import errors, exports, run_menu, waiting
from pages._components.headings import headings
from pages._components.media import previews
from pages._panels.errors import repair_proof
from pages._session import cache, view_history
from pages._session.jobs import Task
from pages._session.view_spec import ViewSpec

_ASKING = (MarkKind.WRONG_PAIR, MarkKind.ALSO_RIGHT, MarkKind.BAD_FILE)
"""Marks that a repair follows."""
_MARKS, _SUSPECTED = say("Marks"), say("Most suspected")
_TRAINED = ("ridge", "cca", "infonce-linear")
"""Aligners offered where the run's own learns from no pairs: in closed form first, as they fit in seconds."""
_ROW, _TALLEST = 36, 320
"""Pixels of one row of a table, and of a table that scrolls. Our choice."""
_SUGGESTED = 10
"""Suspected pairs at first; our choice: few enough to look at each of them."""


@dataclass(frozen=True)
class _Order:
    """What to repair: by the marks, or the `suggested` most suspected pairs; with another `aligner`, or the run's."""

    suggested: int | None
    aligner: str | None

    def key(self, run: Run, run_key: str) -> str:
        """Digest of the run, the marks, and what is asked for."""
        marks = [mark.id for mark in cache.marks(run.collection)]
        return digest_json([run_key, run.id, marks, self.suggested, self.aligner])


def show(run: Run, run_key: str, report: ErrorReport) -> None:
    """Draw the form, what would change, and the repair or its progress."""
    order = _form(run)
    if order.suggested is None and not any(mark.kind in _ASKING for mark in cache.marks(run.collection)):
        errors.empty(
            tr("No mark asks for a repair"), tr("Mark wrong pairs in the list, or repair by suspicion."), "flag"
        )
        return
    plan = waiting.result(_plan_task(run, run_key, order), begin=True)
    if plan is None:
        return
    _show_plan(run, plan)
    task = _repair_task(run, run_key, order)
    if not plan.training:
        return
    if task.idle:
        st.button(
            tr("Repair and measure"),
            type="primary",
            icon=":material/build:",
            key="repair.go",
            on_click=task.start,
            help=tr("Both fits are measured on the same held-out items: {split}.", split=plan.split),
        )
        return
    done = waiting.result(task)
    if done is not None:
        repair_proof.show(run, report, done, task.key)


def show_origin(run: Run) -> None:
    """Say that the open run is a repair, with a button back to the run before; nothing if it is none."""
    before = run.report.get("repaired_from")
    if not before:
        return
    many = len(run.report.get("dropped", ()))
    changes = tr_many("{n:,} change", "{n:,} changes", n=many)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="repair.origin"):
        st.markdown(
            tr(
                ":material/build: This run is a repair of **{before}**: {changes}.",
                before=errors.plain(before),
                changes=changes,
            ),
            width="stretch",
        )
        if view := _view_before(before):
            st.button(tr("Undo: go back to the run before"), icon=":material/undo:", key="repair.undo",
                      on_click=view_history.open_view, args=(view,))  # fmt: skip
        elif before in {summary.id for summary in cache.home_store().list_runs()}:
            st.button(tr("Undo: go back to the run before"), icon=":material/undo:", key="repair.undo",
                      on_click=run_menu.reopen, args=(before,))  # fmt: skip
        else:
            st.caption(tr("The run before was not saved; align the data again."))


def _form(run: Run) -> _Order:
    rows = {row["name"]: row for row in cache.rows_of("aligners")}
    own = run.choices.aligner
    with st.container(horizontal=True, vertical_alignment="bottom", key="repair.form"):
        by = st.segmented_control(tr("Repair by"), [_MARKS, _SUSPECTED], default=_MARKS, required=True, key="repair.by",
                              format_func=tr)  # fmt: skip
        suggested = None
        if by == _SUSPECTED:
            most = max(1, _paired(run) // 2)
            suggested = st.number_input(tr("Pairs"), 1, most, min(_SUGGESTED, most), key="repair.n", width=130,
                                        help=tr("At most half of all pairs can be suspected."))  # fmt: skip
        learns = rows[own]["needs_pairs"]
        names = [own, *(name for name in _TRAINED if name != own and _takes(rows[name], run))]
        aligner = st.selectbox(tr("Aligner"), names, index=0 if learns or len(names) == 1 else 1, key="repair.aligner",
                               width=200, help=tr("Before and after are fits of this aligner."))  # fmt: skip
    if not learns:
        st.caption(
            tr(
                ":material/info: {own} learns from no pairs, so that a repair of training pairs cannot "
                "teach it anything. Choose an aligner that learns from them, such as ridge.",
                own=errors.plain(own),
            )
        )
    return _Order(None if suggested is None else int(suggested), None if aligner == own else aligner)


def _takes(row: Mapping[str, Any], run: Run) -> bool:
    return set(run.choices.pair) <= set(row["modalities"])


def _paired(run: Run) -> int:
    a, b = (set(run.result.space[modality].ids) for modality in run.choices.pair)
    return len(a & b)


def _plan_task(run: Run, run_key: str, order: _Order) -> Task:
    store = cache.store()

    def work(progress: Progress) -> RepairPlan:
        return plan_repair(run, store=store, suggested=order.suggested, aligner=order.aligner, progress=progress)

    return Task("repair", f"{order.key(run, run_key)} plan", say("look for what a repair would change"), work)


def _repair_task(run: Run, run_key: str, order: _Order) -> Task:
    store = cache.store()

    def work(progress: Progress) -> object:
        return repair_run(run, store=store, suggested=order.suggested, aligner=order.aligner, progress=progress)

    return Task("repair", order.key(run, run_key), say("repair and measure"), work)


def _show_plan(run: Run, plan: RepairPlan) -> None:
    """What would change, before anything runs."""
    training, held = len(plan.training), len(plan.held_out)
    st.markdown(
        tr(
            "**What would change**: {training:,} of the pairs that a fit learns from, {held:,} of the "
            "held-out ones (which are not measured then). Measured on: {split}.",
            training=training,
            held=held,
            split=errors.plain(plan.split),
        )
    )
    if not training:
        st.caption(tr("No training pair would change, so there is nothing to repair: what is marked is held out."))
    if training or held:
        tall = min(_ROW * (training + held + 1), _TALLEST)
        table = _change_table(run, plan)
        st.dataframe(
            table,
            hide_index=True,
            key="repair.changes",
            height=tall,
            alt=tr("Changes of the repair"),
            column_config=headings(table, {"suspicion": st.column_config.NumberColumn(format="%.2f")}),
        )
        exports.table(table, "repair-changes", key="repair.changes")


def _change_table(run: Run, plan: RepairPlan) -> pd.DataFrame:
    """One row for each change; columns that say nothing are left out."""
    rows = [_change(run, change, "training") for change in plan.training]
    table = pd.DataFrame([*rows, *(_change(run, change, tr("held out")) for change in plan.held_out)])
    return table[[name for name in table.columns if table[name].map(lambda cell: cell not in ("", None)).any()]]


def _change(run: Run, change: RepairChange, where: str) -> dict[str, object]:
    titled = {item: previews.title(run.collection, item) for item in (change.item, change.other) if item}
    return {
        "item": titled[change.item],
        "medium": change.modality,
        "change": change.action.value,
        "with": titled.get(change.other, ""),
        "because": change.because.replace("_", " "),
        "suspicion": change.suspicion,
        "among": where,
        "note": change.note,
        "id": change.item,
    }


def _view_before(before: str) -> dict | None:
    """The latest view of this session that showed the run of that id."""
    for view in view_history.remembered_views():
        spec = ViewSpec(view["source"], view["choices"])
        found = cache.results().get("run", spec.run_key)
        if isinstance(found, Run) and found.id == before:
            return view
    return None
