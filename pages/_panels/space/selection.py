"""The selected items: a gallery, and their metrics beside those of the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.wording import tr
from mmalign_core.workflow import Contrast, Judgements, PartMetrics, Run, selection_contrasts
from pages._components import errors, exports
from pages._components.headings import headings
from pages._components.media import gallery
from pages._session import state

_CARDS = 60
"""Cards of the gallery; our choice: more are told by their number and are in the CSV."""


def show(run: Run, judged: Mapping[str, Judgements], items: list[str], on_pick: Callable[[str], None]) -> None:
    """Draw the metrics of the selected items and their gallery; a hint where nothing is selected."""
    st.subheader(tr("How do the selected items fare?"), anchor=False)
    if not items:
        errors.empty(
            tr("Nothing selected"),
            tr("Draw around points with the lasso or the box of the map's toolbar. Their metrics appear here."),
            "select",
        )
        return
    if judged:
        space = {modality: run.result.space[modality] for modality in run.choices.pair}
        table = _table(selection_contrasts(judged, space, items))
        st.dataframe(table, column_config=headings(table), hide_index=True, key="space.selection.metrics")
        st.caption(
            tr(
                "The {n:,} selected items beside the {others:,} others. n counts queries, for the gap items. The "
                "largest hub is the candidate that most queries choose.",
                n=len(items),
                others=len(run.collection.ids) - len(items),
            )
        )
        exports.table(table, "selection-metrics", key="space.selection")
    else:
        st.caption(tr("Nothing was measured in this run, so the selection has no metrics."))
    cards = [gallery.card(run.collection, item) for item in items[:_CARDS]]
    gallery.show(cards, key="space.selection", width=110, on_pick=on_pick, selected=state.selected_item())
    if len(items) > _CARDS:
        st.caption(tr("The first {cards} of {n:,} are shown.", cards=_CARDS, n=len(items)))


def _table(contrasts: tuple[Contrast, ...]) -> pd.DataFrame:
    rows = [
        {
            "metric": one.name,
            "direction": direction_arrow(one.direction) if one.direction else "",
            "queries": {"all": "all: nothing held out"}.get(one.split, one.split),
            **_side("selected", one.selected, one.name),
            **_side("rest", one.rest, one.name),
        }
        for one in contrasts
    ]
    return pd.DataFrame(rows)


def _side(name: str, part: PartMetrics | None, metric: str) -> dict[str, str | int]:
    if part is None:
        return {name: "none", f"{name} 95%": "", f"n {name}": 0}
    word = "{:.3f}" if metric == "modality gap" else "{:.1%}"
    interval = (
        ""
        if part.interval is None
        else tr("{low} to {high}", low=word.format(part.interval[0]), high=word.format(part.interval[1]))
    )
    return {name: word.format(part.value), f"{name} 95%": interval, f"n {name}": part.n}
