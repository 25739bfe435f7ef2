"""Why one recommended item is there: its shares, where in its media, what would remove it, and words for it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.workflow import Answer, Run
from mmalign_core.workflow.reasons import reasons
from pages._shared import errors, previews, shares, state

_HISTORY = 12
"""Items of a history that are left out in turn."""


def picked(answers: Sequence[Answer]) -> tuple[Answer, str]:
    """The item whose reasons are shown, with the answer it is in: the one clicked while it is found, else the first."""
    chosen = state.explained()
    within = next((answer for answer in answers if chosen in {found.id for found in answer.found}), None)
    return (within, str(chosen)) if within else (answers[0], answers[0].found[0].id)


def show(run: Run, answer: Answer, item: str) -> None:
    """The panel."""
    why = reasons(answer, item, most=_HISTORY)
    st.caption(f"Why #{next(found.rank for found in answer.found if found.id == item)}")
    _head(run, item)
    views = [view for view in answer.model.views if any(why.views[view].values())]
    view = views[0]
    if len(views) > 1:
        view = st.segmented_control(
            "Taken apart", views, format_func=lambda name: shares.HEADINGS.get(name, name), default=views[0],
            required=True, key="why.view", label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
    shares.show(run.collection, why, view if view in views else views[0], key="why.shares")


def _head(run: Run, item: str) -> None:
    """Small picture, title, and its sound."""
    small = previews.thumbnail(run.collection, item)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if small:
            st.image(small.uri, width=72, alt=previews.title(run.collection, item))
        st.markdown(f"##### {errors.plain(previews.title(run.collection, item, 90))}")
