"""Views that a session showed: its runs, and the view before, which is shown again if a collection cannot be opened."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pages._session import state

_SESSION, _VISITED = "mmalign.session", "mmalign.visited"
_MOST_VISITED = 12
"""Runs of a session that its menu lists; our choice: more than a person goes through in an hour."""


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


def open_view(view: Mapping[str, Any]) -> None:
    """Show a run of this session again: `view` is one of `remembered_views`."""
    source = view["source"]
    state.open_source(source["kind"], source["value"], opened=source.get("opened", ""))
    state.forget_widgets("align.")
    state.choose(view["choices"])


def remember_view(label: str) -> None:
    """Put the open run first among the runs of this session, called by `label`."""
    view = state.view_spec()
    now = {"source": dict(view.source), "choices": dict(view.choices), "label": label}
    others = [
        seen for seen in remembered_views() if (seen["source"], seen["choices"]) != (now["source"], now["choices"])
    ]
    state.kept()[_VISITED] = [now, *others][:_MOST_VISITED]


def remembered_views() -> list[dict[str, Any]]:
    """Return the runs of this session, the latest first: `source`, `choices` and `label` of each."""
    return list(state.kept().get(_VISITED, []))
