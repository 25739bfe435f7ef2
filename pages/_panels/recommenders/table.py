"""The measured recommenders as a table, the failed ones with their reasons, and the protocol in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import SLICE_WORDS, learns_from
from mmalign_core.wording import tr, tr_list
from mmalign_core.workflow import RecommenderRow
from pages._components import errors, exports
from pages._components.headings import headings

_INTERVAL = 136
"""Pixels of a value with its interval, such as "17.5 %  (11.8 – 24.1)"; measured in the dashboard's font."""


def show(rows: Sequence[RecommenderRow], k: int) -> None:
    """Draw the table, best first, with 95% intervals, and the failed recommenders below."""
    measured = [row for row in rows if not row["error"]]
    frame = pd.DataFrame([_cells(row, k) for row in measured])
    st.dataframe(
        frame,
        key="rank.table",
        hide_index=True,
        height="content",
        column_config=headings(
            frame,
            {
                "recommender": st.column_config.TextColumn(pinned=True, width=112),
                **dict.fromkeys(("recall", "MRR"), st.column_config.TextColumn(width=_INTERVAL)),
                "coverage": st.column_config.NumberColumn(
                    format="percent", help=tr("Share of all items in anybody's list.")
                ),
                "novelty": st.column_config.NumberColumn(
                    format="%.1f", help=tr("Mean bits of surprise: how few users have met the listed items.")
                ),
                "diversity": st.column_config.NumberColumn(
                    format="%.2f", help=tr("1 minus the mean cosine of two items of a list.")
                ),
                "fit (s)": st.column_config.NumberColumn(format="%.3g", help=tr("Seconds of the fit.")),
                "ms / user": st.column_config.NumberColumn(format="%.3g", help=tr("To score all items for one user.")),
                "settled": st.column_config.TextColumn(
                    help=tr("What the fit chose by itself, such as the weights of a mix.")
                ),
                "added MiB": st.column_config.NumberColumn(
                    format="%.0f", help=tr("By how much the fit raised memory.")
                ),
            },
        ),
        alt=tr("{n} recommenders with quality, variety, time and memory, best first", n=len(measured)),
    )
    exports.table(frame, "recommenders", key="rank.table")
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
        "settled": _settled_words(row["settled"]),
    }


def _settled_words(settled: Mapping[str, Any]) -> str:
    """Return in words the values chosen by a fit: weights of a mix, the end of a training and its reason."""
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name}: {value}" for name, value in settled.items()
    )


def _with_interval(value: float, interval: Sequence[float]) -> str:
    """'  5.1 %  (2.0 – 9.1)': padded in front, so that sorting by text sorts by number."""
    return f"{100 * value:5.1f} %  ({100 * interval[0]:.1f} – {100 * interval[1]:.1f})"


def caption(facts: Mapping[str, Any], places: str) -> None:
    """Draw the protocol of the numbers, and which users could not be measured."""
    who = tr("simulated users") if facts["simulated"] else "users"
    right = "" if facts["relevant"] is None else tr(" rated {relevant:g} or more", relevant=facts["relevant"])
    left = [
        f"{facts[name]:,} {words}"
        for name, words in (
            ("users_not_held_out", tr("without held-out interactions")),
            ("users_new", tr("without earlier interactions")),
            ("users_without_right_answer", tr("without a right answer")),
        )
        if facts[name]
    ]
    out = tr(" Not measured: {left}.", left=tr_list(left)) if left else ""
    words = tr(
        "Held out: {split}. {users_measured:,} of {users:,} {who} were measured, on {right_answers:,} "
        "right answers{right}, after learning from {n_train:,} events.{out} {cold_items:,} of {items:,} "
        "items are new: nobody met them in training. {places} Whiskers and brackets are 95% bootstrap "
        "intervals over users. Ties count against a recommender. Items that a user met before are no "
        "candidates.",
        split=facts["split"],
        users_measured=facts["users_measured"],
        users=facts["users"],
        who=who,
        right_answers=facts["right_answers"],
        right=right,
        n_train=facts["n_train"],
        out=out,
        cold_items=facts["cold_items"],
        items=facts["items"],
        places=places,
    )
    st.caption(errors.plain(words))
