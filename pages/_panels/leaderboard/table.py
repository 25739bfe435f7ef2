"""The compared aligners as sortable tables: one for each kind of retrieval, and the failed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.workflow import directions_at_chance
from pages._components import errors

Row = Mapping[str, Any]
_METRICS = {"recall@1": "R@1", "recall@10": "R@10"}


def show(rows: Sequence[Row]) -> None:
    """Draw the aligners that answer each query alone, the transductive ones, and the failed ones with their reasons."""
    measured = [row for row in rows if not row["error"]]
    alone, together = ([row for row in measured if row["transductive"] == kind] for kind in (False, True))
    if alone:
        _table(alone, "board.table")
    if together:
        st.markdown("##### Transductive")
        st.caption("They look at all queries together, so they are ranked among themselves.")
        _table(together, "board.transductive")
    if failed := [row for row in rows if row["error"]]:
        st.markdown("##### Could not be measured")
        _failed(failed)


def _table(rows: Sequence[Row], key: str) -> None:
    frame = pd.DataFrame([_cells(row) for row in rows])
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height="content",
        column_config={
            "aligner": st.column_config.TextColumn(pinned=True, width=116),
            "family": st.column_config.TextColumn(width=88),
            "MRR": st.column_config.NumberColumn(format="%.3f", help="Mean reciprocal rank of both directions: ranks."),
            "beats chance": st.column_config.TextColumn(
                help="Whether the 95% interval of the MRR lies above that of shuffled pairs."
            ),
            "fit (s)": st.column_config.NumberColumn(format="%.3g", help="Seconds of one fit."),
            "s / 1,000": st.column_config.NumberColumn(format="%.3g", help="Seconds to place 1,000 encoded items."),
            "peak MiB": st.column_config.NumberColumn(format="%.0f", help="Most memory of the process in its fits."),
            "added MiB": st.column_config.NumberColumn(format="%.0f", help="By how much a fit raised it."),
        },
        alt=f"{len(rows)} aligners with quality, time and memory, best first",
    )


def _cells(row: Row) -> dict[str, Any]:
    quality = {
        f"{direction_arrow(way)} {short}": _with_interval(values[name], row["ci95"].get(way, {}).get(name))
        for way, values in row["metrics"].items()
        for name, short in _METRICS.items()
    }
    return {
        "aligner": row["aligner"],
        "family": row["family"],
        **quality,
        "MRR": row["quality"],
        "beats chance": ("yes", "one way", "no")[len(directions_at_chance(row))],
        "fit (s)": row["seconds"]["fit"],
        "s / 1,000": row["infer_seconds_per_1000"],
        "peak MiB": row["peak_rss_mb"],
        "added MiB": row["added_mb"],
        "needs pairs": "yes" if row["needs_pairs"] else "no",
        "transductive": "yes" if row["transductive"] else "no",
    }


def _with_interval(value: float, interval: Sequence[float] | None) -> str:
    """'  5.1 %  (2 – 9)': padded in front, so that sorting by text sorts by number."""
    bounds = "" if interval is None else f"  ({100 * interval[0]:.0f} – {100 * interval[1]:.0f})"
    return f"{100 * value:5.1f} %{bounds}"


def _failed(rows: Sequence[Row]) -> None:
    for row in rows:
        st.markdown(f"**{errors.plain(row['aligner'])}** :gray[{errors.plain(errors.sentence(row['error']))}]")
