"""The compared aligners as sortable tables: one for each kind of retrieval, and the failed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.wording import tr
from mmalign_core.workflow import directions_at_chance, only_right, with_starts_folded
from pages._components import errors, exports
from pages._components.headings import headings
from pages._session import state

Row = Mapping[str, Any]
_METRICS = {"recall@1": "R@1", "recall@10": "R@10"}


def show(rows: Sequence[Row]) -> None:
    """Draw the aligners that answer each query alone, the transductive ones, and the failed ones with their reasons."""
    measured, kept = with_starts_folded([row for row in rows if not row["error"]])
    alone, together = ([row for row in measured if row["transductive"] == kind] for kind in (False, True))
    if alone:
        _table(alone, "board.table")
    for start in kept:
        st.caption(errors.plain(errors.sentence(start.words)))
    if together:
        st.markdown(tr("##### Transductive"))
        st.caption(tr("They look at all queries together, so they are ranked among themselves."))
        _table(together, "board.transductive")
    if failed := [row for row in rows if row["error"]]:
        st.markdown(tr("##### Could not be measured"))
        _failed(failed)


def _table(rows: Sequence[Row], key: str) -> None:
    frame = pd.DataFrame([_cells(row, rows) for row in rows])
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height="content",
        column_config=headings(
            frame,
            {
                "aligner": st.column_config.TextColumn(pinned=True, width=116),
                "family": st.column_config.TextColumn(width=88),
                "MRR": st.column_config.NumberColumn(
                    format="%.3f", help=tr("Mean reciprocal rank of both directions: ranks.")
                ),
                "standing": st.column_config.TextColumn(
                    width=92,
                    help=tr(
                        "By the paired 95% interval of the difference in MRR from the best; "
                        "if it holds 0, both are tied."
                    ),
                ),
                "beats chance": st.column_config.TextColumn(
                    help=tr("Whether the 95% interval of the MRR lies above that of shuffled pairs.")
                ),
                "fit (s)": st.column_config.NumberColumn(format="%.3g", help=tr("Seconds of one fit.")),
                "s / 1,000": st.column_config.NumberColumn(
                    format="%.3g", help=tr("Seconds to place 1,000 encoded items.")
                ),
                "peak MiB": st.column_config.NumberColumn(
                    format="%.0f", help=tr("Most memory of the process in its fits.")
                ),
                "added MiB": st.column_config.NumberColumn(format="%.0f", help=tr("By how much a fit raised it.")),
            },
        ),
        alt=tr("{n} aligners with quality, time and memory, best first", n=len(rows)),
    )
    exports.table(frame, "leaderboard", key=key)


def standing(row: Row, rivals: Sequence[Row]) -> str:
    """Return how sure the place of a row is, by the paired 95% intervals of its MRR less that of the best.

    "worse" if the best is better in both directions, "tied" if it is in none, else "tied one way"; for the best itself
    "better" if all `rivals` (the rows of its kind, the best first) are worse, else "tied", or "alone".
    """
    others = [one for one in rivals if one["against_best"]]
    if not row["against_best"]:
        if not others:
            return "alone"
        return "better" if all(standing(one, rivals) == "worse" for one in others) else "tied"
    sure = [found["mrr"]["ci95"][1] < 0 for found in row["against_best"].values()]
    return "worse" if all(sure) else tr("tied one way") if any(sure) else "tied"


def show_only_right(rows: Sequence[Row]) -> None:
    """Draw how many queries each aligner alone decides right, with a button each that selects their items."""
    found = only_right(rows)
    if not found:
        return
    st.subheader(tr("Which queries does only one get right?"), anchor=False)
    counts = {name: sum(map(len, ways.values())) for name, ways in found.items()}
    asked = sum(len(way.items) for way in next(row for row in rows if not row["error"])["directions"].values())
    with st.container(horizontal=True):
        for name, count in sorted(counts.items(), key=lambda pair: -pair[1]):
            items = [item for ways in found[name].values() for item in ways]
            st.button(f"{errors.plain(name)}: {count:,}", key=f"board.only.{name}", disabled=not count,
                      icon=":material/filter_alt:", on_click=state.select_items, args=(items,),
                      help=tr("Select the items whose queries {name} alone decides right.", name=name))  # fmt: skip
    st.caption(
        tr("Of {asked:,} held-out queries in both directions. A click selects their items on every page.", asked=asked)
    )


def _cells(row: Row, rivals: Sequence[Row]) -> dict[str, Any]:
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
        "standing": standing(row, rivals),
        "beats chance": ("yes", tr("one way"), "no")[len(directions_at_chance(row))],
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
