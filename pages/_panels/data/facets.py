"""The facets of a collection as widgets: menus of values with counts, and ranges of numbers and dates."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np
import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.types import Collection, Strings
from mmalign_core.wording import tr
from pages._session.facets import Facet, facets_of

_FIRST = 3
"""Facets beside the search; the others are behind a button. Our choice: what fits on one line."""
_WIDTH = 230
"""Pixels of a facet: three fit beside the details of an item on a page that is 1280 pixels wide."""


def show(collection: Collection) -> np.ndarray | None:
    """Draw the facets; return (n,) bool, which items meet all of them, or None while none is set."""
    found = facets_of(collection)
    if not found:
        return None
    key = f"facet.{collection.digest[:8]}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="facets"):
        kept = [_widget(facet, key) for facet in found[:_FIRST]]
        if len(found) > _FIRST:
            with st.popover(tr("{n} more", n=len(found) - _FIRST), icon=":material/filter_list:", key="facets.more"):
                kept += [_widget(facet, key) for facet in found[_FIRST:]]
    chosen = [items for items in kept if items is not None]
    return np.logical_and.reduce(chosen) if chosen else None


def narrowed(
    collection: Collection, items: Sequence[str], kept: np.ndarray | None, part: Set[str] | None
) -> Sequence[str]:
    """Return the items, in order, that the facets keep and that are of the part; None is no condition."""
    found = items
    if kept is not None:
        column = Strings.of(items)
        found = column.take(np.flatnonzero(kept[collection.ids.places_of(column)]))
    return found if part is None else [item for item in found if item in part]


def _widget(facet: Facet, key: str) -> np.ndarray | None:
    """Draw one facet; return (n,) bool, which items meet it, or None if it is not set."""
    label, key = cut_text(facet.name.replace("_", " "), 30), f"{key}.{facet.name}"
    if facet.kind == "category":
        chosen = st.multiselect(
            label, list(facet.counts), key=key, persist_state="session", width=_WIDTH, placeholder=tr("Any"),
            format_func=lambda value: f"{cut_text(value, 40)} · {facet.counts[value]:,}",
        )  # fmt: skip
        return facet.among(chosen) if chosen else None
    low, high = (int(facet.low), int(facet.high)) if facet.whole else (facet.low, facet.high)
    start, end = st.slider(label, low, high, (low, high), key=key, persist_state="session", width=_WIDTH)
    if (start, end) == (low, high):
        return None
    return facet.between(start, end)
