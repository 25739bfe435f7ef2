"""The view before the collection was changed. It is shown again if the new collection cannot be opened."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import streamlit as st

_VIEW, _PROBLEM, _SESSION = "mmalign.previous", "mmalign.problem", "mmalign.session"


def remember(view: Mapping[str, Any]) -> None:
    """Keep this view, and forget what was wrong with a collection chosen earlier."""
    st.session_state[_VIEW] = dict(view)
    forget_problem()


def forget() -> None:
    """Forget the view before: the collection that is shown could be opened."""
    st.session_state.pop(_VIEW, None)


def take(problem: str) -> dict[str, Any] | None:
    """Return the view before, once, and keep `problem`, the reason to return to it; None if there is no such view."""
    view = st.session_state.pop(_VIEW, None)
    if view is not None:
        st.session_state[_PROBLEM] = problem
    return view


def problem() -> str:
    """Return why the collection chosen last is not shown; '' if it is."""
    return st.session_state.get(_PROBLEM, "")


def forget_problem() -> None:
    """Forget why the collection chosen last is not shown."""
    st.session_state.pop(_PROBLEM, None)


def session() -> str:
    """Return the id of this session, which no other session has."""
    return st.session_state.setdefault(_SESSION, uuid.uuid4().hex)
