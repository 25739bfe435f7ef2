"""The tray: the selected items, on every page, with what can be done with them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.types import Collection
from mmalign_core.wording import tr, tr_many
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
        many = tr_many("{n:,} item", "{n:,} items", n=len(items))
        st.markdown(
            tr("**{many} selected:** {titles}", many=many, titles=errors.plain(_titles(collection, items))),
            width="stretch",
        )
        exports.table(lambda: _table(collection, items), "selection", key="tray")
        st.button(tr("Clear"), icon=":material/close:", key="tray.clear", on_click=state.select_items, args=([],))


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
