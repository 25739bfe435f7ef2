"""The only place with session state and query parameters: one key of plain data, mirrored to the URL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._shared.wanted import Wanted

_KEY = "mmalign"
_ENTERED, _ASKED = "mmalign.entered", "mmalign.asked"
_DEMO = {"kind": "demo", "value": ""}
_DIGEST = re.compile(r"[0-9a-f]{32}")
_CHOICES: dict[str, type | tuple[type, ...]] = {
    "pair": list,
    "aligner": str,
    "params": dict,
    "similarity": str,
    "correction": str,
    "correction_params": dict,
    "matcher": str,
    "matcher_params": dict,
    "test": (int, float),
    "folds": int,
    "fold_column": str,
    "time_column": str,
    "seed": int,
    "encoders": dict,
}
"""What a link may hold for a run, each of the type the workflow takes."""
_MAP = {"dimensions": (2, 3), "n_neighbors": (2, 200), "min_dist": (0.0, 0.99), "seed": (0, 2**31)}
_LONGEST = 4000


def wanted() -> Wanted:
    """What this session wants to see."""
    view = _view()
    return Wanted(view["source"], view["choices"], view["map"], view["board"])


def open_source(kind: str, value: str = "", *, opened: str = "") -> None:
    """Show another collection; choices made for the old one are dropped.

    `opened` differs each time a folder is opened anew: its files may have changed, so nothing made before counts.
    """
    before = _view()["source"]
    if (before["kind"], before["value"]) != (kind, value):
        _view().update(choices={}, board={}, item=None)
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
        st.switch_page("app.py", query_params=query())


def query() -> dict[str, str]:
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


def from_query(query: Mapping[str, str]) -> dict[str, Any]:
    """The state a link stands for; what does not read as ours is left out."""
    item = query.get("item", "")
    return {
        "source": _source(query.get("data", "")),
        "choices": _choices(query.get("run", "")),
        "map": _map(query.get("map", "")),
        "board": _board(query.get("board", "")),
        "item": item if 0 < len(item) <= _LONGEST else None,
    }


def _source(text: str) -> dict[str, str]:
    kind, _, value = text.partition(":")
    if kind == "upload" and _DIGEST.fullmatch(value):
        return {"kind": kind, "value": value}
    if kind == "folder" and 0 < len(value) <= _LONGEST and value.isprintable():
        return {"kind": kind, "value": value}
    return dict(_DEMO)


def _choices(text: str) -> dict[str, Any]:
    return _typed(_object(text))


def _typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is ours and of the right type; nothing at all where the pair is no pair."""
    kept = {name: value for name, value in given.items() if _fits(value, _CHOICES.get(name, ()))}
    pair = kept.get("pair", ["", ""])
    return kept if len(pair) == 2 and all(isinstance(m, str) for m in pair) else {}


def _fits(value: Any, kinds: type | tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _board(text: str) -> dict[str, Any]:
    """Names of aligners, and the choices they share; {} without names."""
    given = _object(text)
    names = given.get("aligners")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return {}
    shared = {name: value for name, value in _typed(given).items() if name not in ("aligner", "params")}
    return {"aligners": list(dict.fromkeys(names)), **shared}


def _map(text: str) -> dict[str, Any]:
    """Only known numbers inside their ranges."""
    given = _object(text)
    numbers = {name: value for name, value in given.items() if name in _MAP and type(value) in (int, float)}
    return {name: value for name, value in numbers.items() if _MAP[name][0] <= value <= _MAP[name][1]}


def _object(text: str) -> dict[str, Any]:
    """The JSON object, {} for anything else."""
    if not text or len(text) > _LONGEST:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
