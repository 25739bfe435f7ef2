"""The head of every page: its title, the question it answers, the open collection, and background work."""

from __future__ import annotations

import streamlit as st

from mmalign_core.plots import cut_text
from pages._components import errors, waiting
from pages._session import pipeline, state
from pages._session.results_cache import Failed

COLOUR_WORDS = {"text": "blue", "image": "orange", "audio": "green", "video": "violet"}
"""Modality -> Streamlit's name of its colour; the theme gives these names the modalities' colours."""
ICONS = {"text": "notes", "image": "image", "audio": "graphic_eq", "video": "movie"}


def show(title: str, question: str) -> None:
    """Draw the head, and start the background work of the view if it is missing."""
    state.mirror()
    pipeline.begin()
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="large")
    with left, st.container(gap=None):
        st.title(title, anchor=False)
        st.markdown(f":gray[{question}]")
    with right:
        _collection_line()
        waiting.show_progress()


def modality_word(modality: str) -> str:
    """The modality with its icon, in its colour, as Markdown."""
    return f":{COLOUR_WORDS.get(modality, 'gray')}[:material/{ICONS.get(modality, 'category')}: {modality}]"


def arrow(source: str, target: str) -> str:
    """'image → text'."""
    return f"{source} → {target}"


def _collection_line() -> None:
    collection = pipeline.ready("collection")
    if collection is None or isinstance(collection, Failed):
        return
    name = "Demo collection" if state.view_spec().source["kind"] == "demo" else cut_text(collection.name, 40)
    words = "   ".join(modality_word(m) for m in collection.modalities)
    many = "item" if len(collection.ids) == 1 else "items"
    st.markdown(f"**{errors.plain(name)}** · {len(collection.ids):,} {many}   {words}", text_alignment="right")
