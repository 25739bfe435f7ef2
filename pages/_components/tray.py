"""The tray: the selected items, on every page, with what can be done with them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.types import Collection
from pages._components import errors, exports
from pages._session import cache, pipeline, state

_NAMED = 3
"""Titles that the tray names; our choice: what fits on one line beside the buttons."""


def show() -> None:
    """Draw how many items are selected, with a table to download and a button to clear; nothing if none are."""
    collection = pipeline.ready("collection")
    if not isinstance(collection, Collection):
        return
    items = [item for item in state.selection() if item in collection.items.index]
    if not items:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="tray"):
        many = "1 item" if len(items) == 1 else f"{len(items):,} items"
        st.markdown(f"**{many} selected:** {errors.plain(_titles(collection, items))}", width="stretch")
        exports.table(lambda: _table(collection, items), "selection", key="tray")
        st.button("Clear", icon=":material/close:", key="tray.clear", on_click=state.select_items, args=([],))


def _titles(collection: Collection, items: list[str]) -> str:
    titles = cache.titles(collection)
    named = ", ".join(cut_text(titles[item], 40) for item in items[:_NAMED])
    return named + (", …" if len(items) > _NAMED else "")


def _table(collection: Collection, items: list[str]) -> pd.DataFrame:
    """Id, title and metadata of each item."""
    titles = cache.titles(collection)
    shown = pd.DataFrame({"id": items, "shown as": [titles[item] for item in items]})
    rows = collection.items.loc[items].reset_index(drop=True)
    return pd.concat([shown, rows[[name for name in rows.columns if name not in shown.columns]]], axis=1)
