"""The head of every page: its title and question, the menu of runs, background work, and the selected items."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mmalign_core.wording import tr, tr_word
from pages._components import errors, run_menu, tray, waiting
from pages._session import languages, pipeline, state, view_history

COLOUR_WORDS = {"text": "blue", "image": "orange", "audio": "green", "video": "violet"}
"""Modality -> Streamlit's name of its colour; the theme gives these names the modalities' colours."""
_HISTORY = Path(__file__).parents[2] / "assets" / "history.js"
ICONS = {"text": "notes", "image": "image", "audio": "graphic_eq", "video": "movie"}


def show(title: str, question: str) -> None:
    """Draw the head, and start the background work of the view if it is missing."""
    pipeline.begin()
    state.mirror()
    left, right = st.columns(2, vertical_alignment="bottom", gap="small")
    with left, st.container(gap=None):
        st.title(title, anchor=False)
        st.markdown(f":gray[{question}]")
        _keep_steps()
    with right, st.container(horizontal_alignment="right", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
            run_menu.show()
            languages.switch()
        waiting.show_progress()
    if reason := view_history.problem():
        _problem(reason)
    tray.show()


def _keep_steps() -> None:
    """Keep one entry of the browser's history for each view. Streamlit alone keeps two where a page is opened."""
    js = _HISTORY.read_text(encoding="utf-8")
    st.components.v2.component("mmalign_history", html="<span></span>", js=js)(key="history")


def _problem(reason: str) -> None:
    """Draw why the collection chosen last could not be opened; the one before it is shown."""
    with st.container(horizontal=True, vertical_alignment="center", key="problem"):
        errors.show(tr("{sentence} What was open is shown again.", sentence=errors.sentence(reason)))
        st.button(
            tr("Close"),
            type="tertiary",
            icon=":material/close:",
            key="problem.close",
            on_click=view_history.forget_problem,
        )


def modality_word(modality: str) -> str:
    """The modality with its icon, in its colour, as Markdown."""
    return f":{COLOUR_WORDS.get(modality, 'gray')}[:material/{ICONS.get(modality, 'category')}: {tr_word(modality)}]"


def arrow(source: str, target: str) -> str:
    """'image → text'."""
    return f"{tr_word(source)} → {tr_word(target)}"
