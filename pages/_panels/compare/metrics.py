"""What the open run finds more or less than the other: sentences, a chart with intervals, and all numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow, measure_word, run_difference_figure
from mmalign_core.wording import say, tr, tr_many
from mmalign_core.workflow import DirectionDifference, leading_metric
from pages._components import errors, exports, figures, numbers
from pages._components.headings import headings
from pages._panels.compare.comparison import Comparison

_BADGES = {
    "better": say(":green[:material/trending_up: **better**]"),
    "worse": say(":red[:material/trending_down: **worse**]"),
    "tied": say(":gray[:material/balance: **tied**]"),
}
_LETTERS = re.compile(r"\b(?:run )?([AB])\b")
_COUNTED = ("median_rank",)
"""Metrics that are ranks, not shares, and are better when they are lower."""


def verdict(row: Mapping[str, Any], name: str = "") -> str:
    """Return "better" or "worse" if the whole paired interval lies on one side of 0, else "tied"."""
    low, high = row["ci95"]
    if low <= 0 <= high:
        return "tied"
    return "better" if (low > 0) != (name in _COUNTED) else "worse"


def show(found: Comparison, other: str) -> None:
    """Draw the metrics of both runs, or why they cannot be compared."""
    difference = found.difference
    if difference.unmeasured:
        why = errors.plain(errors.sentence(_named(difference.unmeasured)))
        st.info(
            tr("The numbers of these two runs cannot be compared. {why} Maps, items and choices can.", why=why),
            icon=":material/info:",
        )
        return
    metrics = {way: one.metrics() for way, one in difference.directions.items()}
    for way, one in difference.directions.items():
        st.markdown(_sentence(found, one, metrics[way], other))
    for note in difference.notes:
        st.caption(f":material/info: {errors.plain(errors.sentence(_named(note)))}")
    figures.show(
        run_difference_figure(metrics), key="compare.metrics", against=other,
        alt=tr("How much each metric of the open run differs from the other run, with paired 95% intervals"),
    )  # fmt: skip
    st.caption(
        tr(
            "Open run minus the other, on the very same queries (paired bootstrap, 95%): where the whiskers "
            "cross 0, they are tied."
        )
    )
    with st.expander(tr("All numbers"), icon=":material/table:"):
        _table(_rows(found, metrics), other)


def _named(words: str) -> str:
    """Return the words with A and B called by what they are on this page, and directions with an arrow."""
    named = _LETTERS.sub(lambda found: tr("the other run") if found[1] == "A" else tr("the open run"), words)
    return direction_arrow(named)


def _sentence(found: Comparison, one: DirectionDifference, rows: Mapping[str, Any], other: str) -> str:
    metric = leading_metric(found.runs[1].report)
    row, won, lost = rows[metric], len(one.won), len(one.lost)
    low, high = (numbers.fixed(100 * end, 1, plus=True) for end in row["ci95"])
    words = tr(
        "{way}: {metric} is {b:.0%} with the open run and {a:.0%} with {other} ({difference} "
        "points, 95% interval {low} to {high}; {n:,} queries, {split_words}). {wins}, "
        "{lost:,} lost.",
        way=direction_arrow(one.way),
        metric=metric,
        b=row["b"],
        a=row["a"],
        other=other,
        difference=numbers.fixed(100 * row["value"], 1, plus=True),
        low=low,
        high=high,
        n=len(one.items),
        split_words=numbers.split_words(found.runs[1].report),
        wins=tr_many("{n:,} query won", "{n:,} queries won", n=won),
        lost=lost,
    )
    return f"{_BADGES[verdict(row)]} · {errors.plain(words)}"


def _rows(found: Comparison, metrics: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row per direction and metric."""
    return pd.DataFrame(
        {
            "direction": direction_arrow(way),
            "metric": measure_word(name),
            "other": row["a"],
            "open": row["b"],
            "difference": row["value"],
            "95% low": row["ci95"][0],
            "95% high": row["ci95"][1],
            "p": row["p"],
            "verdict": verdict(row, name),
            "n": len(found.difference.directions[way].items),
            "split": numbers.split_words(found.runs[1].report),
        }
        for way, rows in metrics.items()
        for name, row in rows.items()
    )


def _table(table: pd.DataFrame, other: str) -> None:
    number = st.column_config.NumberColumn(format="%.4g")
    columns = ("other", "open", "difference", "95% low", "95% high", "p")
    heads: dict[str, Any] = dict.fromkeys(columns, number)
    heads["other"] = st.column_config.NumberColumn(f"{other}", format="%.4g", width=140)
    heads["open"] = st.column_config.NumberColumn(tr("open run"), format="%.4g")
    st.dataframe(
        table,
        hide_index=True,
        key="compare.table",
        column_config=headings(table, heads),
        alt=tr("All metrics of both runs"),
    )
    exports.table(table, "compare-metrics", key="compare.table")
