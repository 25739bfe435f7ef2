"""Parts of the Align page beside the metrics: warning about fitted pairs, fused retrieval and thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import direction_arrow, metric_figure, threshold_figure
from mmalign_core.wording import tr, tr_word
from mmalign_core.workflow import Run
from pages._components import alignment_form, errors, figures
from pages._session import cache, pipeline, state


def thresholds(report: Mapping[str, Any]) -> None:
    """Draw one panel for each direction, or why there is no suggestion; nothing if the matcher has no threshold."""
    found = report.get("threshold")
    if not found:
        return
    st.subheader(tr("Above which score is a match accepted?"), anchor=False)
    if "error" in found:
        errors.show(found["error"])
        return
    for column, (direction, one) in zip(st.columns(len(found), gap="large"), found.items()):
        with column:
            _direction(direction, one)
    used = bool(report["matcher_params"].get("suggested"))
    if used:
        st.caption(tr("The run uses these thresholds."))
    else:
        st.button(tr("Use these thresholds"), icon=":material/check:", key="align.suggested", on_click=_use_thresholds)


def _direction(direction: str, one: Mapping[str, Any]) -> None:
    curve = one["curve"]
    figure = threshold_figure(curve["threshold"], curve["precision"], curve["recall"], one["suggested"])
    words = f"{direction_arrow(direction)}: {one['suggested']:.3g}"
    st.markdown(f"**{errors.plain(words)}**")
    figures.show(
        figure,
        key=f"align.threshold.{direction}",
        alt=tr("Precision and recall of {direction} against the threshold", direction=direction),
    )
    st.caption(
        tr(
            "Suggested for the best F1 on {n:,} held-back training queries: {decided:,} of them get an "
            "answer, {precision:.0%} of the accepted are right, {recall:.0%} of the right are found.",
            n=one["n"],
            decided=one["decided"],
            precision=one["precision"],
            recall=one["recall"],
        )
    )


def _use_thresholds() -> None:
    choices = dict(pipeline.choices())
    state.set_widget(f"align.matcher.{choices['matcher']}.suggested", True)
    pipeline.align_with({**choices, "matcher_params": {**choices.get("matcher_params", {}), "suggested": True}})


def warn(report: Mapping[str, Any]) -> None:
    """Draw a warning if the measured pairs were also fitted, with a button that holds some out."""
    if report["split"] != "none" or not _needs_pairs(report["aligner"]):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            tr(":material/info: The aligner was fitted on these pairs, so the numbers are too good."), width="stretch"
        )
        st.button(
            tr("Hold out {hold_out:.0%}", hold_out=alignment_form.HOLD_OUT),
            icon=":material/call_split:",
            key="align.hold_out",
            on_click=_hold_out,
        )


def among_these(run: Run) -> str:
    """Return a sentence on fitted pairs, for numbers over all items of a run; '' if no pairs were fitted."""
    if not _needs_pairs(run.choices.aligner):
        return ""
    return tr(" They include pairs that the aligner was fitted on. The Align page can measure held-out pairs alone.")


def _needs_pairs(aligner: str) -> bool:
    return any(row["needs_pairs"] for row in cache.rows_of("aligners") if row["name"] == aligner)


def _hold_out() -> None:
    state.set_widget("align.split", alignment_form.SHARE)
    state.set_widget("align.test", alignment_form.HOLD_OUT)
    pipeline.align_with({**pipeline.choices(), "test": alignment_form.HOLD_OUT})


_FUSED_METRICS = ("recall@1", "recall@10", "mrr")


def fused(report: Mapping[str, Any]) -> None:
    """Draw one chart per target modality; nothing for a run of two modalities or of too few whole items."""
    fused = report.get("fused")
    if not fused:
        return
    st.subheader(tr("Do several modalities find more together?"), anchor=False)
    targets = {way.partition("->")[2]: None for way in fused["metrics"] if "+" in way.partition("->")[0]}
    for column, target in zip(st.columns(len(targets), gap="large"), targets):
        with column:
            _target(fused, target)


def _target(fused: Mapping[str, Any], target: str) -> None:
    """Draw every query of this target: the fused one first, then its parts."""
    ways = [way for way in fused["metrics"] if way.partition("->")[2] == target]
    parts = {name: {way: fused[name][way] for way in ways} for name in ("metrics", "ci95", "baseline")}
    st.markdown(
        tr(
            "**Finding {target}**  \n{verdict}",
            target=errors.plain(tr_word(target)),
            verdict=errors.plain(verdict(**parts)),
        )
    )
    figures.show(
        metric_figure(**parts, names=_FUSED_METRICS, label=_query, height=280),
        key=f"align.together.{target}",
        alt=tr("How well {target} is found by several modalities together and by each alone", target=tr_word(target)),
    )
    first = parts["metrics"][ways[0]]
    st.caption(
        errors.plain(
            tr(
                "{n:,} queries among {candidates:,} candidates: measured items that have every modality, by "
                "plain similarity. Whiskers are 95% intervals.",
                n=first["n"],
                candidates=first["candidates"],
            )
        )
    )


def verdict(
    metrics: Mapping[str, Mapping[str, float]], ci95: Mapping[str, Mapping[str, Any]],
    baseline: Mapping[str, Mapping[str, float]],
) -> str:  # fmt: skip
    """Return the MRR of the modalities together and of the best one alone, and whether their intervals overlap.

    Where the interval of all together holds the score of shuffled pairs, it says chance.
    """
    together, *alone = metrics
    least_sure, most_sure = ci95[together]["mrr"]
    chance = baseline[together]["mrr"]
    if least_sure <= chance <= most_sure:
        return tr(
            "No better than chance by {query} together: MRR {mrr:.1%} of {n:,} queries, 95% interval "
            "{least_sure:.0%} to {most_sure:.0%}; shuffled pairs reach {chance:.1%}.",
            query=_query(together),
            mrr=metrics[together]["mrr"],
            n=metrics[together]["n"],
            least_sure=least_sure,
            most_sure=most_sure,
            chance=chance,
        )
    best = max(alone, key=lambda way: metrics[way]["mrr"])
    (low, high), (least, most) = ci95[together]["mrr"], ci95[best]["mrr"]
    apart = tr("the intervals overlap") if low <= most and least <= high else tr("the intervals lie apart")
    return tr(
        "MRR {mrr:.1%} by {query} together, {best_mrr:.1%} by {best_query} alone: {apart}.",
        mrr=metrics[together]["mrr"],
        query=_query(together),
        best_mrr=metrics[best]["mrr"],
        best_query=_query(best),
        apart=apart,
    )


def _query(way: str) -> str:
    return " + ".join(map(tr_word, way.partition("->")[0].split("+")))
