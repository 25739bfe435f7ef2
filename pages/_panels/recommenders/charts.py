"""The best recommender of each slice in words, and all recommenders as charts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.plots import SLICE_WORDS, slice_differences_figure, slices_figure
from mmalign_core.wording import say, tr, tr_any, tr_list
from mmalign_core.workflow import RandomOrder, RecommenderRow, SliceLeader, slice_leaders
from pages._components import errors, figures

_METRICS = {"ndcg": "NDCG", "recall": say("Recall"), "mrr": "MRR", "hit": say("Hit rate")}
_HEADLINES = ("all", "warm", "cold", "short", "long")


def headline(rows: Sequence[RecommenderRow], k: int, *, simulated: bool) -> None:
    """Draw one tile for each slice: its best recommender, and the others whose intervals overlap with its own."""
    if simulated:
        badge = tr(":orange-badge[:material/smart_toy: simulated users]")
        st.markdown(
            tr("{badge} :gray[No real people: they show how this page works, not how people choose.]", badge=badge)
        )
    best = slice_leaders(rows, f"ndcg@{k}")
    shown = [name for name in _HEADLINES if name in best]
    if not shown:
        st.markdown(tr(":gray[No recommender has put a right answer among the first {k} for anybody.]", k=k))
        return
    alone = sum(not row["error"] and not row["baseline"] for row in rows) == 1
    for column, name in zip(st.columns(len(shown)), shown):
        _tile(column.container(gap=None), name, best[name], k, alone=alone)


def _tile(box: st.delta_generator.DeltaGenerator, name: str, best: SliceLeader, k: int, *, alone: bool) -> None:
    low, high = best.interval
    box.metric(tr("best for {slice_words}", slice_words=SLICE_WORDS[name]), best.name)
    by_chance = RandomOrder.name in best.alike
    rivals = [RandomOrder.name] if by_chance else best.alike
    ahead = tr("random order, and the only one measured") if alone else tr("all others")
    alike = (
        tr("  \nnot clearly ahead of {named}", named=_named(rivals))
        if rivals
        else tr("  \nahead of {ahead}", ahead=ahead)
    )
    box.caption(
        errors.plain(
            tr(
                "NDCG at {k}: {value:.1%}, 95%: {low:.1f} – {high:.1f}",
                k=k,
                value=best.value,
                low=100 * low,
                high=100 * high,
            )
        )
        + alike
    )


def _named(names: Sequence[str]) -> str:
    """Return 'ease', 'ease and als', 'ease, als and 3 others'."""
    if len(names) > 3:
        return errors.plain(tr("{names} and {n} others", names=", ".join(names[:2]), n=len(names) - 2))
    return errors.plain(tr_list([tr_list(names[:-1]), names[-1]], " and ") if len(names) > 1 else "".join(names))


@st.fragment
def show(rows: Sequence[RecommenderRow], k: int) -> None:
    """Draw every recommender in every slice, and the differences from the best of all."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(tr("For whom does it work?"), anchor=False)
        chosen = st.segmented_control(
            tr("Metric"),
            list(_METRICS),
            default="ndcg",
            required=True,
            format_func=lambda name: tr_any(_METRICS[name]),
            key="rank.metric",
            bind="query-params",
            label_visibility="collapsed",
        )
    name, word = chosen or "ndcg", tr_any(_METRICS[chosen or "ndcg"])
    metric = name if name == "mrr" else f"{name}@{k}"
    measured = [row for row in rows if not row["error"]]
    names = ", ".join(row["recommender"] for row in measured)
    figures.show(
        slices_figure(measured, metric),
        key="rank.slices",
        of=names,
        alt=tr(
            "{word} of each recommender for all, known and new items, and for users of short and long histories",
            word=word,
        ),
    )
    st.caption(
        tr("Dotted: the items in random order. New items were met by nobody in training; each panel has its scale.")
    )
    rivals = [row for row in measured if not row["baseline"]]
    if len(rivals) > 1:
        best = rivals[0]["recommender"]
        st.subheader(tr("Is {best} really better?", best=errors.plain(best)), anchor=False)
        figures.show(
            slice_differences_figure(measured, metric), key="rank.differences", of=names,
            alt=tr("{word} of each recommender: difference from {best}, with 95% intervals", word=word, best=best),
        )  # fmt: skip
        st.caption(
            tr(
                "{word} minus that of {best}, on the very same users (paired bootstrap, 95%): where the whiskers "
                "cross 0, neither is clearly better.",
                word=word,
                best=errors.plain(best),
            )
        )
