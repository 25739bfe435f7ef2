"""Which items are measured: the menu of splits that the Align page and the Leaderboard share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.types import Collection
from pages._session import cache

ALL, SHARE, FOLDS, COLUMN, TIME = "All items", "Held-out share", "Folds", "Folds of a column", "By time"
_SPLIT_HELP = (
    "Held-out items are never seen by the fit, and the candidates are held-out too. Shares and folds keep identical"
    " content on one side; a column's folds and times are kept as your data gives them."
)


def split_menu(collection: Collection, now: Mapping[str, Any], *, key: str, whole: bool = True) -> dict[str, Any]:
    """The chosen way as fields of `workflow.Choices`. `whole` offers to measure on all items as well."""
    columns = dict(zip((COLUMN, TIME), cache.split_columns(collection)))
    ways = [*([ALL] if whole else []), SHARE, FOLDS, *(way for way, found in columns.items() if found)]
    current = _current_split(now)
    way = st.selectbox(
        "Measure on",
        ways,
        index=ways.index(current) if current in ways else 0,
        key=f"{key}.split",
        persist_state="session",
        help=_SPLIT_HELP,
    )
    chosen: dict[str, Any] = {}
    if way == COLUMN:
        chosen["fold_column"] = _column_menu(
            "Column of folds", columns[COLUMN], now.get("fold_column"), f"{key}.fold_column"
        )
    elif way == FOLDS:
        folds = int(now.get("folds") or 5)
        chosen["folds"] = st.slider("Folds", 2, max(10, folds), folds, key=f"{key}.folds", persist_state="session")
    elif way in (SHARE, TIME):
        chosen["test"] = _share_slider(now, f"{key}.test")
        if way == TIME:
            chosen["time_column"] = _column_menu(
                "Column of times", columns[TIME], now.get("time_column"), f"{key}.time"
            )
    return chosen


def _current_split(now: Mapping[str, Any]) -> str:
    if now.get("fold_column"):
        return COLUMN
    if now.get("folds"):
        return FOLDS
    return (TIME if now.get("time_column") else SHARE) if now.get("test") else ALL


def _column_menu(label: str, names: list[str], current: str | None, key: str) -> str:
    index = names.index(current) if current in names else 0
    return st.selectbox(label, names, index=index, key=key, persist_state="session")


def _share_slider(now: Mapping[str, Any], key: str) -> float:
    share = min(max(float(now.get("test") or 0.2), 0.05), 0.5)
    return st.slider("Held-out share", 0.05, 0.5, share, 0.05, key=key, persist_state="session")
