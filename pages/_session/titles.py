"""Titles of items for menus: where several items share a title, something else must tell them apart."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from mmalign_core.types import Collection
from pages._session import cache


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=cache.BY_PLACE)
def shared_titles(collection: Collection) -> frozenset[str]:
    """Return the items whose title is that of another item too."""
    titles = cache.titles(collection)
    many = Counter(titles.values())
    return frozenset(item for item, title in titles.items() if many[title] > 1)
