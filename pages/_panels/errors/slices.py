"""Slices of the queries as bars with intervals; a bar lists the queries of its slice alone."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import streamlit as st

from mmalign_core.plots import slice_figure
from mmalign_core.types import Progress
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import Run, Slice, SliceReport, find_slices
from pages._components import errors, exports, figures, waiting
from pages._session import cache, clicks, state
from pages._session.jobs import Task

ANY = "any"
"""The option of a filter that lets every query pass."""
_BARS = 5
"""Bars drawn, the worst first: the list stays on the screen. The menu holds all slices."""
_CHART = "errors.slices"


def found(run: Run, run_key: str) -> SliceReport | None:
    """Return the slices of the run, or draw the progress of their search."""
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress) -> SliceReport:
        return find_slices(run, store=store, settings=settings, progress=progress)

    return waiting.result(Task("slices", run_key, say("look for slices that fare worse"), work), begin=True)


def choose(report: SliceReport | None, direction: str) -> str:
    """Draw the menu of slices, and return the key of the chosen one or ANY."""
    keys = [] if report is None else list(dict.fromkeys(one.key for _, one in _listed(report, direction)))
    if not keys:
        return ANY
    return st.selectbox(tr("Slice"), [ANY, *keys], key="slice", bind="query-params", width=180, format_func=tr_word)


def items_of(report: SliceReport | None, direction: str, key: str) -> AbstractSet[str] | None:
    """Return the items of this slice; None where every item passes."""
    if report is None or key == ANY:
        return None
    return {item for _, one in _listed(report, direction) if one.key == key for item in one.items}


def show(report: SliceReport, direction: str, key: str, said: Sequence[str] = ()) -> None:
    """Draw the worst slices as bars, and the chosen one in words. `said`: notes that the page shows already."""
    way = direction if direction in report.directions else next(iter(report.directions))
    part = report.directions[way]
    shown = [*part.slices[:_BARS]]
    shown += [one for one in part.slices[_BARS:] if one.key == key]
    if not shown:
        for note in (note for note in report.notes if note not in said):
            st.caption(errors.plain(errors.sentence(note)))
        return
    which = tr("held-out queries alone") if report.held_out else tr("all queries")
    st.caption(
        tr(
            "{n:,} slices of {queries:,} queries ({which}); ▼ and ▲ surely differ from the rest after correction "
            "for all {n_tried:,} slices tried. A click on a bar lists its queries.",
            n=len(part.slices),
            queries=part.n,
            which=which,
            n_tried=report.n_tried,
        )
    )
    drawn = cache.figure(
        ("slices", state.view_spec().run_key, way, key),
        lambda: slice_figure(
            shown, part.value, direction=way, metric=report.metric, chosen=None if key == ANY else key
        ),
    )
    figures.show(
        drawn,
        key=_CHART,
        on_select=_click,
        selection_mode="points",
        alt=tr("{metric} of the worst slices {way}", metric=report.metric, way=way),
    )
    for one in shown:
        if one.key == key:
            st.markdown(_words(one, report.metric))
    table = report.table()
    exports.table(table, "slices", key="slices")


def _listed(report: SliceReport, direction: str) -> list[tuple[str, Slice]]:
    """Direction and slice of those in this direction, or in all."""
    ways = [direction] if direction in report.directions else [*report.directions]
    return [(way, one) for way in ways for one in report.directions[way].slices]


def _click() -> None:
    """List the queries of the clicked bar, or all again where it was listed already."""
    clicked = clicks.clicked_point(_CHART)
    if clicked:
        key = str(clicked[0])
        state.set_widget("slice", ANY if state.widget("slice") == key else key)


def _words(one: Slice, metric: str) -> str:
    low, high = one.difference_ci95
    return tr(
        "**{label}**: {metric} {value:.0%} of {n:,} queries, {rest:.0%} of the other {n_rest:,} "
        "(difference {difference:+.0f} points, 95% interval {low:+.0f} to {high:+.0f}, q {q:.3f}).",
        label=errors.plain(one.group.label),
        metric=metric,
        value=one.value,
        n=one.n,
        rest=one.rest,
        n_rest=one.n_rest,
        difference=100 * one.difference,
        low=100 * low,
        high=100 * high,
        q=one.q,
    )
