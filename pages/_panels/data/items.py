"""The collection as rows: search by words, and the table with thumbnails and all metadata."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import tr
from pages._components import exports
from pages._components.headings import headings
from pages._components.media import previews
from pages._session import cache, clicks, state

_SHOWN = 500
"""Most rows in the table: their thumbnails, about 2 kB each, are sent with the page."""


def matching(collection: Collection, words: str, modalities: Sequence[str]) -> Sequence[str]:
    """Return items with all these modalities and all the words in id, metadata or texts, ignoring case."""
    kept = np.ones(len(collection.ids), bool)
    for modality in modalities:
        given = collection.vectors.get(modality)
        holders = collection.media_of(modality).items if given is None else given.ids
        kept &= collection.ids.among(holders)
    if words.strip():
        searched = cache.of_collection("searched text", collection, _searched)
        for word in words.casefold().split():
            kept &= np.asarray(pc.match_substring(searched, word))
    return collection.ids if kept.all() else collection.ids.take(np.flatnonzero(kept))


def show(collection: Collection, items: Sequence[str]) -> None:
    """Draw the items as a table. Selecting a row selects its item."""
    shown = list(items[:_SHOWN])
    frame = pd.DataFrame(
        {
            "": [small.uri if (small := previews.thumbnail(collection, item, 64)) else None for item in shown],
            "item": [previews.title(collection, item, 90) for item in shown],
            "id": shown,
            **{m: [len(previews.media(collection, item, m)) or None for item in shown] for m in collection.modalities},
        }
    )
    metadata = collection.items.loc[shown].reset_index(drop=True)
    frame = frame.join(metadata[[c for c in metadata if str(c) not in frame]])
    st.dataframe(
        frame,
        key="data.table",
        height=620,
        row_height=44,
        hide_index=True,
        on_select=lambda: _picked(shown),
        selection_mode="single-row",
        column_config=headings(frame, {"": st.column_config.ImageColumn(width=56)}),
        alt=tr("{n} items of the collection", n=len(shown)),
    )
    exports.table(lambda: _rows(collection, items), "items", key="data", rows=len(items))
    if len(items) > _SHOWN:
        st.caption(tr("The first {shown} of {n:,}; find by words to see others.", shown=_SHOWN, n=len(items)))


def _rows(collection: Collection, items: Sequence[str]) -> pd.DataFrame:
    """Id, title, number of media of each modality, and all metadata of every item, for a file."""
    held, titles = cache.media_by_item(collection), cache.titles(collection)
    table = pd.DataFrame({"id": list(items), "item": [titles[item] for item in items]})
    for modality in collection.modalities:
        table[modality] = [len(held[item].get(modality, ())) for item in items]
    metadata = collection.items.loc[list(items)].reset_index(drop=True)
    return table.join(metadata[[name for name in metadata if str(name) not in table]])


def _picked(shown: Sequence[str]) -> None:
    row = clicks.selected_row("data.table")
    if row is not None and row < len(shown):
        state.select_item(shown[row])


def _searched(collection: Collection) -> pa.Array:
    """Return the id, metadata and texts of each item, case folded, as one column of texts."""
    metadata = [collection.items[name].astype(str).fillna("").tolist() for name in collection.items]
    words = [" ".join(parts) for parts in zip(collection.ids, *metadata, _texts(collection))]
    return pa.array([text.casefold() for text in words], pa.large_string())


def _texts(collection: Collection) -> list[str]:
    """Return the texts of each item, joined."""
    found, held = [""] * len(collection.ids), collection.media_of("text")
    for place, text in zip(collection.ids.places_of(held.items).tolist(), held.texts.to_pylist()):
        found[place] = f"{found[place]} {text}" if found[place] else text or ""
    return found
