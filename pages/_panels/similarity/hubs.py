"""Hubs: the candidates that most queries choose."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mmalign_core.wording import tr
from mmalign_core.workflow import choosers, most_chosen
from pages._components import errors, exports
from pages._components.headings import headings
from pages._components.media import row_media
from pages._panels.similarity.view import View
from pages._session import clicks, state


@st.fragment(key="similarity.hubs")
def show(shown: View) -> None:
    """Draw the table of the most chosen candidates. A chosen row puts the queries that choose it in the selection."""
    st.subheader(tr("Which candidates crowd the answers?"), anchor=False)
    uses = most_chosen(shown.judged)
    if not uses:
        st.caption(tr("No candidate is chosen by more than one query."))
        return
    rows = [
        {
            shown.target: row_media.row_label(shown.run.collection, shown.judged.candidates, use.row),
            "chosen by": use.k / use.n,
            "95% interval": tr("{low:.0%} to {high:.0%}", low=use.interval[0], high=use.interval[1]),
            "k of n": tr("{k:,} of {n:,}", k=use.k, n=use.n),
            "right": use.right,
            "by chance": round(use.expected, 2),
            "copies": use.copies,
        }
        for use in uses
    ]
    table = pd.DataFrame(rows)
    st.dataframe(
        table,
        key="hubs",
        hide_index=True,
        on_select=lambda: _select(shown, [use.row for use in uses]),
        selection_mode="single-row",
        column_config=headings(
            table,
            {
                shown.target: st.column_config.TextColumn(width="large"),
                "chosen by": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
            },
        ),
    )
    exports.table(table, "hubs", key="hubs.table")
    st.caption(
        tr(
            "By chance: so many queries would choose it if each took any of its candidates. Over {split}. A "
            "row selects the queries that choose it.",
            split=errors.plain(shown.split),
        )
    )


def _select(shown: View, candidates: list[int]) -> None:
    place = clicks.selected_row("hubs")
    if place is not None:
        ids = shown.judged.queries.ids
        state.select_items([ids[row] for row in choosers(shown.judged, candidates[place])])
        st.rerun()
