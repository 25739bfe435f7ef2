"""Similarity: the matrix of the worst pairs with clickable cells, the scores of answers, and the hubs."""

import streamlit as st

from mmalign_core.wording import tr, tr_word
from pages._components import header, waiting
from pages._components.media import previews
from pages._panels.similarity import hubs, matrix, mistakes, scores, view
from pages._panels.similarity.view import View
from pages._session import state


@st.fragment(key="similarity.matrix")
def draw_matrix(shown: View) -> None:
    """Draw the controls, the heat map, and beside it the pair in focus."""
    matrix.show(shown)


@st.fragment(key="similarity.mistakes")
def draw_mistakes(shown: View) -> None:
    """Draw the worst and best pairs as cards; a card opens its pair."""
    mistakes.show(shown)


state.through_app("pages/similarity.py")
header.show(tr("Similarity"), tr("Which pairs match, which go wrong?"))
waiting.need("collection")
run, run_key = waiting.need("run"), state.view_spec().run_key
chosen = view.choose(run, run_key)
if chosen is not None:
    draw_matrix(chosen)
    if len(chosen.judged):
        draw_mistakes(chosen)
        scores.show(chosen)
        hubs.show(chosen)
    else:
        st.caption(
            tr(
                "No item has both {source} and {target}: no right answers are known.",
                source=tr_word(chosen.source),
                target=tr_word(chosen.target),
            )
        )
    previews.attribution(run.collection)
