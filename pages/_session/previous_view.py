"""The view before the collection was changed. It is shown again if the new collection cannot be opened."""

from __future__ import annotations

import uuid

from pages._session import state

_SESSION = "mmalign.session"


def go_back(problem: str) -> None:
    """Show the view before again, once, and keep `problem`, the reason; nothing if there was no view before."""
    view = state.kept().pop(state.PREVIOUS, None)
    if view is not None:
        state.restore(view)
        state.kept()[state.PROBLEM] = problem


def forget() -> None:
    """Forget the view before: the collection that is shown could be opened."""
    state.kept().pop(state.PREVIOUS, None)


def problem() -> str:
    """Return why the collection chosen last is not shown; '' if it is."""
    return state.kept().get(state.PROBLEM, "")


def forget_problem() -> None:
    """Forget why the collection chosen last is not shown."""
    state.kept().pop(state.PROBLEM, None)


def session() -> str:
    """Return the id of this session, which no other session has."""
    return state.kept().setdefault(_SESSION, uuid.uuid4().hex)
