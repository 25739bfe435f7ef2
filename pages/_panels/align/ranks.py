"""How well the right answers rank: the finding in a sentence per direction, and a histogram that opens its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import direction_arrow, rank_figure
from mmalign_core.types import Progress
from mmalign_core.wording import say, tr
from mmalign_core.workflow import RankBin, RankSummary, Run, rank_sentence, summarise_ranks
from pages._components import errors, figures, numbers, waiting
from pages._session import cache, compared_run, state
from pages._session.jobs import Task

_KEY = "align.ranks"


def sentences(report: Mapping[str, Any]) -> None:
    """Draw the finding of each direction, and what it was measured on."""
    for way in report["metrics"]:
        st.markdown(f"##### {errors.plain(rank_sentence(report, way))}")
    words = numbers.split_words(report)
    st.caption(
        tr("Measured on the {words}.", words=errors.plain(words))
        if report.get("split", "none").startswith("test")
        else tr("Measured on {words}.", words=errors.plain(words))
    )


def summary(run: Run, run_key: str) -> RankSummary | None:
    """Return the ranks and verdicts of the run. While there are none, draw the progress and return None."""
    store = cache.store()

    def work(progress: Progress) -> RankSummary:
        return summarise_ranks(run, store=store, progress=progress)

    return waiting.result(Task("ranks", run_key, say("rank every query"), work), begin=True)


def trained_in_vain(run_key: str) -> bool:
    """Whether the search for what stands out in the run has tried a trained aligner that does not surely help."""
    found = cache.results().get("findings", run_key)
    return isinstance(found, tuple) and all(finding.kind != "training" for finding in found)


def histogram(found: RankSummary, *, held_out: bool) -> None:
    """Draw the histogram. A click on a bar, or a button below, opens the queries of that range on the Errors page.

    `held_out`: the run holds items out, so held-out queries alone are counted.
    """
    figures.show(
        rank_figure(found.bins),
        key=_KEY,
        on_select="rerun",
        selection_mode="points",
        alt=tr("How many queries have their right answer at which rank, in each direction"),
    )
    clicked = compared_run.clicked_points(_KEY)
    if clicked and clicked[0][0] in found.bins:
        way, place = clicked[0]
        open_errors(way, found.bins[way][int(place)], held_out=held_out)
    with st.popover(tr("Open the queries of a range"), type="tertiary", icon=":material/list:"):
        for way, bins in found.bins.items():
            st.markdown(f"**{errors.plain(direction_arrow(way))}**")
            with st.container(horizontal=True):
                for one in (one for one in bins if one.n):
                    words = tr("rank {words} ({n:,})", words=one.words, n=one.n)
                    if st.button(words, key=f"{_KEY}.{way}.{one.address}"):
                        open_errors(way, one, held_out=held_out)


def open_errors(way: str, one: RankBin, *, held_out: bool) -> None:
    """Select the items of this range, and open the Errors page on its queries."""
    state.select_items(one.items)
    filters = {"direction": direction_arrow(way), "ranks": one.address} | ({"fit": tr("held out")} if held_out else {})
    st.switch_page("pages/errors.py", query_params=filters)
