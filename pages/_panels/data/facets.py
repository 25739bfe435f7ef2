"""The facets of a collection as widgets: menus of values with counts, and ranges of numbers and dates."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.types import Collection
from pages._session.facets import Facet, facets_of

_FIRST = 3
"""Facets beside the search; the others are behind a button. Our choice: what fits on one line."""
_WIDTH = 230
"""Pixels of a facet: three fit beside the details of an item on a page that is 1280 pixels wide."""


def show(collection: Collection) -> set[str] | None:
    """Draw the facets; return the items that meet all of them, or None while none is set."""
    found = facets_of(collection)
    if not found:
        return None
    key = f"facet.{collection.digest[:8]}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="facets"):
        kept = [_widget(facet, key) for facet in found[:_FIRST]]
        if len(found) > _FIRST:
            with st.popover(f"{len(found) - _FIRST} more", icon=":material/filter_list:", key="facets.more"):
                kept += [_widget(facet, key) for facet in found[_FIRST:]]
    chosen = [items for items in kept if items is not None]
    return set.intersection(*chosen) if chosen else None


def narrowed(items: Sequence[str], *kept: set[str] | None) -> list[str]:
    """Return the items, in order, that are in every set; None is no set."""
    sets = [one for one in kept if one is not None]
    return [item for item in items if all(item in one for one in sets)]


def _widget(facet: Facet, key: str) -> set[str] | None:
    """Draw one facet; return the items that meet it, or None if it is not set."""
    label, key = cut_text(facet.name.replace("_", " "), 30), f"{key}.{facet.name}"
    if facet.kind == "category":
        chosen = st.multiselect(
            label, list(facet.counts), key=key, persist_state="session", width=_WIDTH, placeholder="Any",
            format_func=lambda value: f"{cut_text(value, 40)} · {facet.counts[value]:,}",
        )  # fmt: skip
        return {item for item, value in facet.values.items() if value in chosen} if chosen else None
    whole = all(float(value).is_integer() for value in facet.values.values()) if facet.kind == "number" else False
    low, high = (int(facet.low), int(facet.high)) if whole else (facet.low, facet.high)
    start, end = st.slider(label, low, high, (low, high), key=key, persist_state="session", width=_WIDTH)
    if (start, end) == (low, high):
        return None
    return {item for item, value in facet.values.items() if start <= value <= end}
