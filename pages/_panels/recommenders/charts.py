"""The best recommender of each slice in words, and all recommenders as charts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.plots import SLICE_WORDS, slice_differences_figure, slices_figure
from mmalign_core.workflow import RandomOrder, RecommenderRow, SliceLeader, slice_leaders
from pages._components import errors, figures

_METRICS = {"ndcg": "NDCG", "recall": "Recall", "mrr": "MRR", "hit": "Hit rate"}
_HEADLINES = ("all", "warm", "cold", "short", "long")


def headline(rows: Sequence[RecommenderRow], k: int, *, simulated: bool) -> None:
    """Draw one tile for each slice: its best recommender, and the others whose intervals overlap with its own."""
    if simulated:
        badge = ":orange-badge[:material/smart_toy: simulated users]"
        st.markdown(f"{badge} :gray[No real people: they show how this page works, not how people choose.]")
    best = slice_leaders(rows, f"ndcg@{k}")
    shown = [name for name in _HEADLINES if name in best]
    if not shown:
        st.markdown(f":gray[No recommender has put a right answer among the first {k} for anybody.]")
        return
    alone = sum(not row["error"] and not row["baseline"] for row in rows) == 1
    for column, name in zip(st.columns(len(shown)), shown):
        _tile(column.container(gap=None), name, best[name], k, alone=alone)


def _tile(box: st.delta_generator.DeltaGenerator, name: str, best: SliceLeader, k: int, *, alone: bool) -> None:
    low, high = best.interval
    box.metric(f"best for {SLICE_WORDS[name]}", best.name)
    by_chance = RandomOrder.name in best.alike
    rivals = [RandomOrder.name] if by_chance else best.alike
    ahead = "random order, and the only one measured" if alone else "all others"
    alike = f"  \nnot clearly ahead of {_named(rivals)}" if rivals else f"  \nahead of {ahead}"
    box.caption(errors.plain(f"NDCG at {k}: {best.value:.1%}, 95%: {100 * low:.1f} – {100 * high:.1f}") + alike)


def _named(names: Sequence[str]) -> str:
    """Return 'ease', 'ease and als', 'ease, als and 3 others'."""
    if len(names) > 3:
        return errors.plain(f"{', '.join(names[:2])} and {len(names) - 2} others")
    return errors.plain(" and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names))


@st.fragment
def show(rows: Sequence[RecommenderRow], k: int) -> None:
    """Draw every recommender in every slice, and the differences from the best of all."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("For whom does it work?", anchor=False)
        chosen = st.segmented_control(
            "Metric", list(_METRICS), default="ndcg", required=True, format_func=_METRICS.__getitem__,
            key="rank.metric", bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    name, word = chosen or "ndcg", _METRICS[chosen or "ndcg"]
    metric = name if name == "mrr" else f"{name}@{k}"
    measured = [row for row in rows if not row["error"]]
    names = ", ".join(row["recommender"] for row in measured)
    figures.show(
        slices_figure(measured, metric), key="rank.slices", of=names,
        alt=f"{word} of each recommender for all, known and new items, and for users of short and long histories",
    )  # fmt: skip
    st.caption("Dotted: the items in random order. New items were met by nobody in training; each panel has its scale.")
    rivals = [row for row in measured if not row["baseline"]]
    if len(rivals) > 1:
        best = rivals[0]["recommender"]
        st.subheader(f"Is {errors.plain(best)} really better?", anchor=False)
        figures.show(
            slice_differences_figure(measured, metric), key="rank.differences", of=names,
            alt=f"{word} of each recommender: difference from {best}, with 95% intervals",
        )  # fmt: skip
        st.caption(
            f"{word} minus that of {errors.plain(best)}, on the very same users (paired bootstrap, 95%):"
            " where the whiskers cross 0, neither is clearly better."
        )
