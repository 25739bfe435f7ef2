"""The only place with session state and query parameters: one key of plain data, mirrored to the URL."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import streamlit as st

from pages._session.links import PARAMETERS, from_query, to_query
from pages._session.view_spec import ViewSpec

_KEY = "mmalign"
_ENTERED, _REQUESTED, _WRITTEN = "mmalign.entered", "mmalign.requested", "mmalign.written"
PRIVATE = ("upload", "run")
"""Kinds of sources that belong to a person: what is made from them is kept for that person alone."""
VISITOR = "mmalign.visitor"
"""Key of who this session belongs to; `visitors.visitor` sets it."""
PREVIOUS, PROBLEM = "mmalign.previous", "mmalign.problem"
"""Keys of the view before `open_source`, and of the reason to return to it."""


def view_spec() -> ViewSpec:
    """Return the view of this session."""
    view = _view()
    return ViewSpec(source(), view["choices"], view["map"], view["board"])


def source() -> dict[str, str]:
    """Return the open source as `ViewSpec` takes it. What belongs to a person names them: no key is another's."""
    found = _view()["source"]
    return found | {"by": st.session_state[VISITOR].key} if found["kind"] in PRIVATE else found


def source_kind() -> str:
    """Return the kind of the open source, as `ViewSpec` names them."""
    return _view()["source"]["kind"]


def open_source(kind: str, value: str = "", *, opened: str = "", roles: str = "") -> None:
    """Show another collection, and drop the choices made for the old one.

    `roles`: JSON of column -> the role that the person gave it. `opened` differs each time a folder is opened again:
    its files may have changed, so its results are computed again.
    """
    before = _view()["source"]
    kept().update({PREVIOUS: dict(_view()), PROBLEM: ""})
    if (before["kind"], before["value"], before.get("roles", "")) != (kind, value, roles):
        _view().update(choices={}, board={}, item=None, at="", selection=[], query=None, why=None, model={}, rival={})
        forget_widgets("where")  # conditions name the old one's columns
        forget_widgets("align.")  # the form shows the choices of the run that is opened
        st.query_params.pop("where", None)
    extra = {name: said for name, said in (("opened", opened), ("roles", roles)) if said}
    _view()["source"] = {"kind": kind, "value": value} | extra


def kept() -> MutableMapping[str, Any]:
    """Return what this session keeps from run to run beside its view; `view_history` reads and writes it."""
    return st.session_state


def restore(view: Mapping[str, Any]) -> None:
    """Show a whole view again: one that `view_history` kept. The language stays."""
    st.session_state[_KEY] = {**view, "lang": _view()["lang"]}


def language() -> str:
    """Return the language that was chosen or that the link names, "" for the browser's."""
    return _view()["lang"]


def speak(code: str) -> None:
    """Show all pages in this language."""
    _view()["lang"] = code
    mirror()


def choose(choices: Mapping[str, Any]) -> None:
    """Set the choices of the run."""
    _view()["choices"] = dict(choices)


def board() -> dict[str, Any]:
    """Return the names of the compared `aligners` and the choices they share; {} before a comparison."""
    return _view()["board"]


def compare(chosen: Mapping[str, Any]) -> None:
    """Set what the leaderboard compares."""
    _view()["board"] = dict(chosen)


def forget_widgets(prefix: str) -> None:
    """Reset the widgets whose key starts with `prefix`: they show the session's choices again."""
    for key in [key for key in st.session_state if str(key).startswith(prefix)]:
        del st.session_state[key]


def set_widget(key: str, value: Any) -> None:
    """Set the value of a widget on the page; only inside a callback."""
    st.session_state[key] = value


def draw_map(**settings: Any) -> None:
    """Set the map's keyword arguments of `workflow.project_run`."""
    _view()["map"] = settings


def selected_item() -> str | None:
    """Return the id of the selected item, which all pages share, or None."""
    return _view()["item"]


def select_item(item: str | None) -> None:
    """Select this item on every page."""
    _view()["item"] = item
    mirror()


def opened_query() -> str:
    """Return the query in focus on the page Errors, as "image->text:12": direction and row; '' for none."""
    return _view()["at"]


def open_query(query: str, item: str) -> None:
    """Put this query of this item in focus."""
    _view()["at"] = query
    select_item(item)


def selection() -> list[str]:
    """Return the ids of the selected items, which all pages share; [] for none."""
    return list(_view()["selection"])


def select_items(items: Sequence[str]) -> None:
    """Select these items, each once, in this order; [] selects none."""
    _view()["selection"] = list(dict.fromkeys(items))
    mirror()


def query_parts() -> list[dict[str, Any]] | None:
    """Return the parts (kind, value, weight) of the query; None before the first query of the session."""
    return _view()["query"]


def set_query(parts: Sequence[Mapping[str, Any]] | None) -> None:
    """Set the parts of the query, and forget which result is explained."""
    _view().update(query=None if parts is None else [dict(part) for part in parts], why=None)
    mirror()


def model(which: str = "model") -> dict[str, Any]:
    """Return name and parameters of the recommender ("model") or of the one beside it ("rival"); {} for the default."""
    return _view()[which]


def set_model(chosen: Mapping[str, Any], which: str = "model") -> None:
    """Set the recommender, or the one beside it; {} for the default recommender or for none beside it."""
    _view()[which] = dict(chosen)
    mirror()


def explained() -> str | None:
    """Return the id of the result whose reasons are shown, or None."""
    return _view()["why"]


def explain(item: str) -> None:
    """Show the reasons for this result."""
    _view()["why"] = item
    mirror()


def enter() -> str | None:
    """Mark that app.py runs. Return the page that was opened before app.py ran, once, else None.

    A server that has just started finds the folder pages/ and opens a page such as /space without app.py.
    """
    st.session_state[_ENTERED] = True
    _follow_address()
    return st.session_state.pop(_REQUESTED, None)


def _follow_address() -> None:
    """Take the view of the address, if it is not the one written last: the person went back or forward.

    An address without parameters is that of a page which was just opened from the navigation; the view stays.
    """
    now = _ours()
    if now and now != st.session_state.get(_WRITTEN, now):
        st.session_state[_KEY] = from_query(now)
        st.session_state[_WRITTEN] = now


def through_app(page: str) -> None:
    """Go to app.py if it has not run in this session. It then comes back to `page`."""
    if not st.session_state.get(_ENTERED):
        st.session_state[_REQUESTED] = page
        st.switch_page("app.py", query_params=address())


def address() -> dict[str, str]:
    """Return the query parameters of the address."""
    return st.query_params.to_dict()


def put_parameter(name: str, value: str) -> None:
    """Put a parameter of this page alone into the address; '' takes it out."""
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def picked(key: str, name: str = "picked") -> Any:
    """Return the trigger value of the component with this key, inside its callback."""
    return st.session_state[key][name]


def widget(key: str, default: Any = None) -> Any:
    """Return the value of the widget with this key, inside a callback or before it is drawn."""
    return st.session_state.get(key, default)


def take_widget(key: str) -> Any:
    """Return what was set under this key and forget it, or None."""
    return st.session_state.pop(key, None)


def mirror() -> None:
    """Write the view to the URL, so that its link reopens the same view."""
    written = to_query(_view())
    for name in [name for name, value in written.items() if not value and name in st.query_params]:
        del st.query_params[name]
    changed = {name: value for name, value in written.items() if value and st.query_params.get(name) != value}
    if changed:
        st.query_params.update(changed)  # at once: each change alone would be a step of the back button
    st.session_state[_WRITTEN] = _ours()


def _ours() -> dict[str, str]:
    """The parameters of the address that hold the view; widgets keep others there."""
    return {name: st.query_params[name] for name in PARAMETERS if name in st.query_params}


def _view() -> dict[str, Any]:
    if _KEY not in st.session_state:
        st.session_state[_KEY] = from_query({name: st.query_params[name] for name in st.query_params})
    return st.session_state[_KEY]
