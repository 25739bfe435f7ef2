"""The measured recommenders as a table, those that failed with their reasons, and on what all were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import SLICE_WORDS, learns_from
from mmalign_core.workflow import RecommenderRow
from pages._components import errors


def show(rows: Sequence[RecommenderRow], k: int) -> None:
    """Best first, with 95% intervals; what failed below."""
    measured = [row for row in rows if not row["error"]]
    frame = pd.DataFrame([_cells(row, k) for row in measured])
    st.dataframe(
        frame,
        key="rank.table",
        hide_index=True,
        height="content",
        column_config={
            "recommender": st.column_config.TextColumn(pinned=True, width=112),
            "coverage": st.column_config.NumberColumn(format="percent", help="Share of all items in anybody's list."),
            "novelty": st.column_config.NumberColumn(
                format="%.1f", help="Mean bits of surprise: how few users have met the listed items."
            ),
            "diversity": st.column_config.NumberColumn(
                format="%.2f", help="1 less the mean cosine of two items of a list."
            ),
            "fit (s)": st.column_config.NumberColumn(format="%.3g", help="Seconds of the fit."),
            "ms / user": st.column_config.NumberColumn(format="%.3g", help="To score all items for one user."),
            "found out": st.column_config.TextColumn(help="What the fit settled by itself, such as a mix's weights."),
            "added MiB": st.column_config.NumberColumn(format="%.0f", help="By how much the fit raised memory."),
        },
        alt=f"{len(measured)} recommenders with quality, variety, time and memory, best first",
    )
    for row in (row for row in rows if row["error"]):
        st.markdown(f"**{errors.plain(row['recommender'])}** :gray[{errors.plain(errors.sentence(row['error']))}]")


def _cells(row: RecommenderRow, k: int) -> dict[str, Any]:
    ndcg, values = f"ndcg@{k}", row["metrics"]
    quality = {
        f"NDCG, {words}": _with_interval(values[name][ndcg], row["ci95"][name][ndcg])
        for name, words in SLICE_WORDS.items()
        if name in values and name in ("all", "warm", "cold", "cold alone")
    }
    return {
        "recommender": row["recommender"],
        **quality,
        "recall": _with_interval(values["all"][f"recall@{k}"], row["ci95"]["all"][f"recall@{k}"]),
        "MRR": _with_interval(values["all"]["mrr"], row["ci95"]["all"]["mrr"]),
        "coverage": values["all"][f"coverage@{k}"],
        "novelty": values["all"][f"novelty@{k}"],
        "diversity": values["all"][f"diversity@{k}"],
        "fit (s)": row["seconds"]["fit"],
        "ms / user": row["score_ms_per_user"],
        "added MiB": row["added_mb"],
        "learns from": "nothing" if row["baseline"] else learns_from(row),
        "found out": _told(row["settled"]),
    }


def _told(settled: Mapping[str, Any]) -> str:
    """What a fit found out by itself: weights of a mix, a measure it stopped by, and why."""
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name}: {value}" for name, value in settled.items()
    )


def _with_interval(value: float, interval: Sequence[float]) -> str:
    """'  5.1 %  (2.0 – 9.1)': padded in front, so that sorting by text sorts by number."""
    return f"{100 * value:5.1f} %  ({100 * interval[0]:.1f} – {100 * interval[1]:.1f})"


def caption(facts: Mapping[str, Any], places: str) -> None:
    """On what the numbers were measured, and who could not be."""
    who = "simulated users" if facts["simulated"] else "users"
    right = "" if facts["relevant"] is None else f" rated {facts['relevant']:g} or more"
    left = [
        f"{facts[name]:,} {words}"
        for name, words in (
            ("users_not_held_out", "of whom nothing was held out"),
            ("users_new", "with no history before"),
            ("users_without_right_answer", "with no right answer"),
        )
        if facts[name]
    ]
    out = f" Not measured: {', '.join(left)}." if left else ""
    words = (
        f"Held out: {facts['split']}. {facts['users_measured']:,} of {facts['users']:,} {who} were measured, on "
        f"{facts['right_answers']:,} right answers{right}, after learning from {facts['n_train']:,} events.{out} "
        f"{facts['cold_items']:,} of {facts['items']:,} items are new: nobody met them in training. {places} "
        "Whiskers and brackets are 95% bootstrap intervals over users; a tie never helps; what a user met before is no "
        "candidate."
    )
    st.caption(errors.plain(words))
