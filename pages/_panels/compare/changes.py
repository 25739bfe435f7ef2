"""What moved between two runs, and what differs in their choices and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mmalign_core.wording import tr, tr_list
from mmalign_core.workflow import RunDifference
from pages._components import errors, header
from pages._components.media import gallery
from pages._panels.compare.comparison import Comparison
from pages._session import state

_MOST = 12
"""Items shown of those that moved most. Our choice: two rows on a laptop."""


def moved(found: Comparison, pick: Callable[[str], None]) -> None:
    """Draw for each modality how many neighbours stay, and the items that keep fewest."""
    drift = found.difference.drift
    if not drift:
        st.caption(tr("No modality has three items in both runs, so nothing can have moved."))
        return
    for modality, one in drift.items():
        order = [row for row in np.argsort(one.kept, kind="stable") if one.kept[row] < 1]
        words = tr(
            "an item keeps {mean:.1f} of its {k} nearest on average (n = {n:,}).",
            mean=one.kept.mean() * one.k,
            k=one.k,
            n=len(one.items),
        )
        st.markdown(f"{header.modality_word(modality)}: {words}")
        cards = _cards(found, [(one.items[row], float(one.kept[row]) * one.k, one.k) for row in order])
        if cards:
            gallery.show(cards, key=f"compare.moved.{modality}", width=110, most=12, on_pick=pick,
                         selected=state.selected_item())  # fmt: skip
        else:
            st.caption(tr("None moved."))


def _cards(found: Comparison, rows: list[tuple[str, float, int]]) -> list[dict[str, Any]]:
    first: dict[str, str] = {}
    for item, kept, k in rows:
        first.setdefault(item, tr("keeps {kept:.0f} of {k}", kept=kept, k=k))
        if len(first) == _MOST:
            break
    held = found.runs[1].collection
    return [gallery.card(held, item, note=note, modalities=[]) for item, note in first.items()]


def choices(difference: RunDifference, other: str) -> None:
    """Draw the choices and encoders that differ, and how the data differ."""
    heads = {"other": other, "open": tr("open run")}
    if difference.choices:
        rows = [
            {"choice": name.replace("_", " "), "other": _word(a), "open": _word(b)}
            for name, (a, b) in difference.choices.items()
        ]
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, key="compare.choices", alt=tr("Choices that differ between the runs"),
            column_config={name: st.column_config.TextColumn(head) for name, head in heads.items()},
        )  # fmt: skip
    else:
        st.caption(tr("Both runs were made by the same choices and encoders."))
    st.markdown(errors.plain(_data_words(difference)))


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return (
        tr("not set")
        if value is None
        else " ↔ ".join(map(str, value))
        if isinstance(value, list | tuple)
        else str(value)
    )


def _data_words(difference: RunDifference) -> str:
    data = difference.data
    if data.same:
        return tr("Data: the same items with the same media and metadata.")
    parts = [
        f"{len(items):,} {'item' if len(items) == 1 else 'items'} {words}"
        for items, words in (
            (data.added, tr("only in the open run")),
            (data.removed, tr("only in the other run")),
            (data.changed, tr("with other media")),
            (data.metadata, tr("with other metadata")),
            (data.skipped_in_b, tr("skipped in the open run alone")),
            (data.skipped_in_a, tr("skipped in the other run alone")),
        )
        if items
    ]
    return tr("Data: {parts}.", parts=tr_list(parts, "; ") or tr("the same items, opened from another place"))
