"""A container that stays in view while the column beside it scrolls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

_STYLE = (
    "@media (min-width: 641px) {{"
    " .stColumn:has(.st-key-{key}) > div {{height: 100%}}"
    " div:has(> .st-key-{key}) {{position: sticky; top: 4.2rem; max-height: calc(100vh - 5rem); overflow-y: auto;"
    " padding: 2px; margin: -2px}} }}"
)
"""Below 641 pixels Streamlit stacks columns: nothing is beside the container then."""


@contextmanager
def pinned(key: str) -> Iterator[None]:
    """Draw the block in a container with this key, which stays in view beside a longer column."""
    with st.container(key=key):
        st.html(f"<style>{_STYLE.format(key=key)}</style>")
        yield
