"""The only place with session state and query parameters: one key of plain data, mirrored to the URL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages._session.links import from_query
from pages._session.view_spec import ViewSpec

_KEY = "mmalign"
_ENTERED, _ASKED = "mmalign.entered", "mmalign.asked"


def view_spec() -> ViewSpec:
    """What this session wants to see."""
    view = _view()
    return ViewSpec(view["source"], view["choices"], view["map"], view["board"])


def open_source(kind: str, value: str = "", *, opened: str = "") -> None:
    """Show another collection; choices made for the old one are dropped.

    `opened` differs each time a folder is opened anew: its files may have changed, so nothing made before counts.
    """
    before = _view()["source"]
    if (before["kind"], before["value"]) != (kind, value):
        _view().update(choices={}, board={}, item=None, query=None, why=None, model={}, rival={})
        forget_widgets("where")  # conditions name the old one's columns
        st.query_params.pop("where", None)
    _view()["source"] = {"kind": kind, "value": value} | ({"opened": opened} if opened else {})


def choose(choices: Mapping[str, Any]) -> None:
    """Align like this from now on."""
    _view()["choices"] = dict(choices)


def board() -> dict[str, Any]:
    """What the leaderboard compares: `aligners` and the choices they share; {} before anything was."""
    return _view()["board"]


def compare(chosen: Mapping[str, Any]) -> None:
    """Compare these from now on."""
    _view()["board"] = dict(chosen)


def looked_up() -> str:
    """What the Models page was asked to look up: a reference, a name or a folder; '' for nothing."""
    return _view().get("looked_up", "")


def look_up(words: str) -> None:
    """Look this up on the Models page from now on; '' for nothing."""
    _view()["looked_up"] = words.strip()


def forget_widgets(prefix: str) -> None:
    """Widgets whose key starts like this show the session's choices again, not what was last set in them."""
    for key in [key for key in st.session_state if str(key).startswith(prefix)]:
        del st.session_state[key]


def set_widget(key: str, value: Any) -> None:
    """Let a widget that is on the page show this value from now on; only inside a callback."""
    st.session_state[key] = value


def draw_map(**settings: Any) -> None:
    """Draw the map with these settings of `workflow.project_run`."""
    _view()["map"] = settings


def selected_item() -> str | None:
    """Id of the item the person looks at, on whatever page."""
    return _view()["item"]


def select_item(item: str | None) -> None:
    """Look at this item on every page."""
    _view()["item"] = item
    mirror()


def query_parts() -> list[dict[str, Any]] | None:
    """The parts (kind, value, weight) of the Recommend page's query, None before anything was asked there."""
    return _view()["query"]


def set_query(parts: Sequence[Mapping[str, Any]] | None) -> None:
    """Ask with these from now on."""
    _view().update(query=None if parts is None else [dict(part) for part in parts], why=None)
    mirror()


def model(which: str = "model") -> dict[str, Any]:
    """Name and parameters of the recommender that answers ("model") or that it is compared with ("rival")."""
    return _view()[which]


def set_model(chosen: Mapping[str, Any], which: str = "model") -> None:
    """Answer, or compare, with this recommender from now on; {} for the usual one, or for none to compare with."""
    _view()[which] = dict(chosen)
    mirror()


def explained() -> str | None:
    """Id of the recommended item whose reasons are shown."""
    return _view()["why"]


def explain(item: str) -> None:
    """Show this recommended item's reasons."""
    _view()["why"] = item
    mirror()


def enter() -> str | None:
    """Called by app.py on every run; the page that was asked for before app.py could run, once.

    A server that has just started finds the folder pages/ and opens /space by itself, without app.py.
    """
    st.session_state[_ENTERED] = True
    return st.session_state.pop(_ASKED, None)


def through_app(page: str) -> None:
    """Go to app.py first if it has not run in this session; it then comes back to `page`."""
    if not st.session_state.get(_ENTERED):
        st.session_state[_ASKED] = page
        st.switch_page("app.py", query_params=address())


def address() -> dict[str, str]:
    """The query parameters of the address, as they are."""
    return st.query_params.to_dict()


def picked(key: str, name: str = "picked") -> Any:
    """The trigger value of the component with this key, inside its callback."""
    return st.session_state[key][name]


def widget(key: str, default: Any = None) -> Any:
    """The present value of the widget with this key, inside a callback or before it is drawn."""
    return st.session_state.get(key, default)


def selected_row(key: str) -> int | None:
    """Number of the row selected in the table with this key."""
    rows = st.session_state.get(key, {}).get("selection", {}).get("rows", [])
    return rows[0] if rows else None


def clicked_point(key: str) -> list[Any] | None:
    """`customdata` of the point clicked in the chart with this key, None if nothing is selected."""
    points = st.session_state.get(key, {}).get("selection", {}).get("points", [])
    if not points:
        return None
    data = points[0].get("customdata")
    return [data[place] for place in sorted(data, key=int)] if isinstance(data, dict) else data


def mirror() -> None:
    """Write what is shown to the URL, so that its link reopens the same view."""
    view = _view()
    source, choices = view["source"], view["choices"]
    shown = {
        "data": "" if source["kind"] == "demo" else f"{source['kind']}:{source['value']}",
        "run": json.dumps(choices, separators=(",", ":")) if choices else "",
        "map": json.dumps(view["map"], separators=(",", ":")) if view["map"] else "",
        "board": json.dumps(view["board"], separators=(",", ":")) if view["board"] else "",
        "item": view["item"] or "",
        "ask": ""
        if view["query"] is None
        else json.dumps(
            [[w["kind"], w["value"], w["weight"]] for w in view["query"]], separators=(",", ":"), ensure_ascii=False
        ),
        "model": json.dumps(view["model"], separators=(",", ":")) if view["model"] else "",
        "rival": json.dumps(view["rival"], separators=(",", ":")) if view["rival"] else "",
        "why": view["why"] or "",
    }
    for name, value in shown.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]


def _view() -> dict[str, Any]:
    if _KEY not in st.session_state:
        st.session_state[_KEY] = from_query({name: st.query_params[name] for name in st.query_params})
    return st.session_state[_KEY]
