"""Whether an item's modalities together find the remaining one better than each alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import metric_figure
from pages._shared import errors, waiting

_SHOWN = ("recall@1", "recall@10", "mrr")


def show(report: Mapping[str, Any]) -> None:
    """One chart per sought modality; nothing for a run of two modalities or of too few whole items."""
    fused = report.get("fused")
    if not fused:
        return
    st.subheader("Do several modalities find more together?", anchor=False)
    targets = {way.partition("->")[2]: None for way in fused["metrics"] if "+" in way.partition("->")[0]}
    for column, target in zip(st.columns(len(targets), gap="large"), targets):
        with column:
            _found(fused, target)


def _found(fused: Mapping[str, Any], target: str) -> None:
    """Every query that seeks this modality: the fused one first, then its parts."""
    ways = [way for way in fused["metrics"] if way.partition("->")[2] == target]
    parts = {name: {way: fused[name][way] for way in ways} for name in ("metrics", "ci95", "baseline")}
    st.markdown(f"**Finding {errors.plain(target)}**  \n{errors.plain(verdict(parts['metrics'], parts['ci95']))}")
    st.plotly_chart(
        metric_figure(parts["metrics"], parts["ci95"], parts["baseline"], names=_SHOWN, label=_query, height=280),
        key=f"align.together.{target}",
        config=waiting.BARE,
        alt=f"How well {target} is found by several modalities together and by each alone",
    )
    first = parts["metrics"][ways[0]]
    st.caption(
        errors.plain(
            f"{first['n']:,} queries among {first['candidates']:,} candidates: measured items that have every"
            " modality, by plain similarity. Whiskers are 95% intervals."
        )
    )


def verdict(metrics: Mapping[str, Mapping[str, float]], ci95: Mapping[str, Mapping[str, Any]]) -> str:
    """Together against the best alone: one clearly ahead only where their intervals lie apart."""
    together, *alone = metrics
    best = max(alone, key=lambda way: metrics[way]["mrr"])
    (low, high), (least, most) = ci95[together]["mrr"], ci95[best]["mrr"]
    apart = "the intervals overlap" if low <= most and least <= high else "the intervals lie apart"
    return (
        f"MRR {metrics[together]['mrr']:.1%} by {_query(together)} together, {metrics[best]['mrr']:.1%} by"
        f" {_query(best)} alone: {apart}."
    )


def _query(way: str) -> str:
    return way.partition("->")[0].replace("+", " + ")
