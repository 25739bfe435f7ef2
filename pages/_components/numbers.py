"""The numbers of a run: headline, table, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow, measure_word
from mmalign_core.wording import tr, tr_list
from mmalign_core.workflow import directions_at_chance, leading_share, sampled_words
from pages._components import errors, exports
from pages._components.headings import headings
from pages._session import cache

Report = Mapping[str, Any]

_COUNTS = ("n", "candidates", "unanswerable", "sampled_of")
"""Counts, not metrics: `measured_on` writes them as words."""


def fixed(value: float, digits: int = 2, *, plus: bool = False) -> str:
    """Return the number with that many decimals and a true minus sign. A number that rounds to 0 has no sign."""
    shown = f"{abs(value):.{digits}f}"
    if not float(shown):
        return shown
    return ("−" if value < 0 else "+" if plus else "") + shown


def headline(report: Report) -> None:
    """Draw two numbers of every direction, with intervals and the scores of shuffled pairs: recall@1 and recall@10.

    Among few candidates recall@10 says little: the MRR stands there then.
    """
    columns = st.columns(2 * len(report["metrics"]))
    for place, (direction, values) in enumerate(report["metrics"].items()):
        leading = leading_share(report, direction)
        for column, name in zip(columns[2 * place :], ("recall@1", "mrr" if leading.few else leading.metric)):
            low, high = report["ci95"].get(direction, {}).get(name, (None, None))
            chance = report["baseline"].get(direction, {}).get(name, 0)
            if name == leading.metric:
                low, high, chance = leading.low, leading.high, leading.chance
            interval = f"{low:.0%} – {high:.0%}" if low is not None else tr("no interval")
            box = column.container(gap=None)
            box.metric(f"{direction_arrow(direction)} · {measure_word(name)}", f"{values[name]:.1%}")
            box.caption(tr("95%: {interval}  \nby chance: {chance:.1%}", interval=interval, chance=chance))


def show_unmeasured(report: Report) -> bool:
    """Draw why nothing was measured, if so; return whether nothing was measured."""
    if why := report.get("unmeasured"):
        words = tr("Nothing to measure: {why}. The other pages work: the space can be drawn and queried.", why=why)
        st.info(errors.plain(words), icon=":material/info:")
    return bool(why)


def warn_of_chance(report: Report) -> None:
    """Draw a warning for directions that find no more than shuffled pairs would; nothing if all find more."""
    if ways := directions_at_chance(report):
        st.warning(
            tr(
                "No better than chance, {ways}: the 95% interval of the mean reciprocal rank includes the score "
                "of shuffled pairs. So far, nearness says nothing about belonging together.",
                ways=tr_list(map(direction_arrow, ways), " and "),
            ),
            icon=":material/casino:",
        )


def measured_on(report: Report) -> str:
    """Return one sentence on the items that were measured."""
    sizes = [
        tr(
            "{direction_arrow} {n:,} queries among {candidates:,} candidates",
            direction_arrow=direction_arrow(d),
            n=v["n"],
            candidates=v["candidates"],
        )
        for d, v in report["metrics"].items()
    ]
    split = report["split"]
    learns = bool(report.get("n_train")) and _learns(report["aligner"])
    if split == "none":
        how = tr("Fitted and measured on all items") if learns else tr("Measured on all items")
    else:
        how = tr("Measured on held-out items ({share_words})", share_words=_share_words(split))
        how += tr(", fitted on {n_train:,}", n_train=report["n_train"]) if learns else ""
    note = (
        tr(" Transductive: it saw the measured items, but not which of them belong together.")
        if report.get("transductive")
        else ""
    )
    shared = report.get("shared_content")
    leak = tr(" {shared:,} of the measured items share content with fitted ones.", shared=shared) if shared else ""
    drawn = f" {errors.sentence(sampled_words(report))}" if report.get("sampled") else ""
    return errors.plain(
        tr(
            "{how}: {sizes}.{drawn} Whiskers are 95% bootstrap intervals.{leak}{note}",
            how=how,
            sizes=tr_list(sizes, "; "),
            drawn=drawn,
            leak=leak,
            note=note,
        )
    )


def _learns(aligner: str) -> bool:
    """Whether the aligner learns from pairs."""
    return any(row["needs_pairs"] for row in cache.rows_of("aligners") if row["name"] == aligner)


def split_words(report: Report) -> str:
    """Return what was measured in two or three words: "all items", "held-out 20% of all", "5 folds"."""
    split = report.get("split", "none")
    drawn = tr(", a sample of the queries") if report.get("sampled") else ""
    if split == "none":
        return tr("all items{drawn}", drawn=drawn)
    if split.startswith("test"):
        return tr("held-out {share}{drawn}", share=_share_words(split), drawn=drawn)
    return f"{_share_words(split)}{drawn}"


def _share_words(split: str) -> str:
    """'test 0.2, the latest by …' as '20% of them, the latest by …'; folds as they are."""
    kind, _, rest = split.partition(" ")
    if kind != "test":
        return split
    share, comma, how = rest.partition(",")
    return tr("{share:.0%} of all{comma}{how}", share=float(share), comma=comma, how=how)


def table(report: Report) -> None:
    """Every metric of every direction with interval and baseline."""
    rows = [
        {
            "direction": direction_arrow(direction),
            "metric": measure_word(name),
            "value": value,
            "95% low": (report["ci95"].get(direction, {}).get(name) or (None, None))[0],
            "95% high": (report["ci95"].get(direction, {}).get(name) or (None, None))[1],
            "shuffled": report["baseline"].get(direction, {}).get(name),
        }
        for direction, values in report["metrics"].items()
        for name, value in values.items()
        if name not in _COUNTS
    ]
    number = st.column_config.NumberColumn(format="%.4g")
    frame = pd.DataFrame(rows)
    st.dataframe(
        frame,
        hide_index=True,
        key="align.table",
        alt=tr("All metrics"),
        column_config=headings(frame, dict.fromkeys(("value", "95% low", "95% high", "shuffled"), number)),
    )
    exports.table(frame, "metrics", key="align.table")


def recipe(report: Report) -> None:
    """Draw the run's choices, and its time and memory."""
    lines = {
        "aligner": f"{report['aligner']} ({report['family']})",
        "parameters": _words(report["params"]),
        "encoders": _words(report.get("encoders", {})),
        "similarity": report["similarity"],
        "correction": report["correction"],
        "matcher": f"{report['matcher']} {_words(report.get('matcher_params', {}), empty='')}",
        "seed": report["seed"],
        "seconds": _words(report["seconds"]),
        "peak memory": f"{report['peak_rss_mb']:,.0f} MiB",
    }
    st.markdown("  \n".join(f":gray[{name}] {errors.plain(value)}" for name, value in lines.items()))


def _words(values: Mapping[str, Any], empty: str = "none") -> str:
    named = {name.replace("_", " "): value for name, value in values.items()}
    shown = [f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in named.items()]
    return ", ".join(shown) or empty
