"""Links: a view as query parameters. Each is read as plain data of the right type; anything else is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mmalign_core.wording import best_language

PARAMETERS = ("data", "roles", "run", "map", "board", "item", "at", "sel", "ask", "model", "rival", "why", "lang")
"""The query parameters that hold a view."""
_DEMO = {"kind": "demo", "value": ""}
PLANTED = "planted"
"""Value of the demo with planted wrong pairs."""
_DIGEST = re.compile(r"[0-9a-f]{32}")
_QUERY = re.compile(r"[a-z]{1,20}->[a-z]{1,20}:\d{1,9}")
"""A query of a run: its direction, and its row among the judged queries."""
_RUN = re.compile(r"\w[\w.-]{0,99}")
"""A name that a saved run can have (`check_run_id`)."""
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
"""Fields of a run that a link may hold, with the types that the workflow takes."""
_MAP = {"dimensions": (2, 3), "n_neighbors": (2, 200), "min_dist": (0.0, 0.99), "seed": (0, 2**31)}
"""Ranges of the map\'s settings, as its form offers them; a link may hold up to 200 neighbours."""
_LONGEST = 4000
"""Most characters of any other value in a link: half of an address that browsers and proxies take."""
_LONGEST_SELECTION = 1500
"""Characters of a selection in a link; a longer one stays in the session. Our choice: half of what else fits."""
_FILE = re.compile(r"[0-9a-f]{32}(\.\w{1,5})?")
KINDS = ("text", "image", "audio", "video", "item", "user")
LONGEST_TEXT, LONGEST_QUERY, MOST_PARTS = 2000, 8000, 8
"""Limits of a query: characters of one text, characters of the whole query in a link, and parts. Browsers and proxies
take addresses of about 8,000 characters."""
STRONGEST = 2.0
"""The largest weight of a part, as the sliders offer it: twice the default."""


def from_query(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the view of a link. Parameters of another form are left out."""
    item = query.get("item", "")
    return {
        "source": _source(query.get("data", "")) | _roles(query.get("roles", "")),
        "choices": _choices(query.get("run", "")),
        "map": _map(query.get("map", "")),
        "board": _board(query.get("board", "")),
        "item": item if 0 < len(item) <= _LONGEST else None,
        "at": query.get("at", "") if _QUERY.fullmatch(query.get("at", "")) else "",
        "selection": _selection(query.get("sel", "")),
        "query": _query_parts(query.get("ask")),
        "model": _model(query.get("model", "")),
        "rival": _model(query.get("rival", "")),
        "why": query.get("why", "")[:_LONGEST] or None,
        "lang": best_language(query.get("lang", "")),
    }


def to_query(view: Mapping[str, Any]) -> dict[str, str]:
    """Return the query parameters of a view; '' for those that its link leaves out.

    The data are always named, also the demo: an address without parameters says nothing of the view, and the back
    button must lead to this one.
    """
    source, parts = view["source"], view["query"]
    selected = _written(view["selection"])
    return {
        "data": ":".join(filter(None, (source["kind"], source["value"]))),
        "roles": source.get("roles", ""),
        "run": _written(view["choices"]),
        "map": _written(view["map"]),
        "board": _written(view["board"]),
        "item": view["item"] or "",
        "at": view["at"],
        "sel": selected if len(selected) <= _LONGEST_SELECTION else "",
        "ask": "" if parts is None else _json_of([[part["kind"], part["value"], part["weight"]] for part in parts]),
        "model": _written(view["model"]),
        "rival": _written(view["rival"]),
        "why": view["why"] or "",
        "lang": view["lang"],
    }


def _written(value: Mapping[str, Any] | list[str]) -> str:
    return _json_of(value) if value else ""


def _json_of(value: Any) -> str:
    """Return the value for a link. Letters are not escaped, so that the link is readable."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _source(text: str) -> dict[str, str]:
    kind, _, value = text.partition(":")
    if text == f"demo:{PLANTED}":
        return {"kind": kind, "value": value}
    if kind == "upload" and _DIGEST.fullmatch(value):
        return {"kind": kind, "value": value}
    if kind == "run" and _RUN.fullmatch(value):
        return {"kind": kind, "value": value}
    if kind == "folder" and 0 < len(value) <= _LONGEST and value.isprintable():
        return {"kind": kind, "value": value}
    return dict(_DEMO) if text in ("", "demo") else {"kind": "unknown", "value": text[:_LONGEST]}


def _roles(text: str) -> dict[str, str]:
    """The roles that a person gave to columns, as JSON again; nothing of another form."""
    given = _json(text) if len(text) <= _LONGEST else None
    if not isinstance(given, dict) or not given or not all(isinstance(role, str) for role in given.values()):
        return {}
    return {"roles": roles_text(given)}


def roles_text(roles: Mapping[str, str]) -> str:
    """Column -> role as the text that a source holds; '' for none."""
    return _json_of(dict(sorted(roles.items()))) if roles else ""


def _selection(text: str) -> list[str]:
    """Ids of items, each once."""
    given = _json(text)
    if not isinstance(given, list):
        return []
    return list(dict.fromkeys(item for item in given if isinstance(item, str) and item))


def _choices(text: str) -> dict[str, Any]:
    return _typed(_object(text))


def _typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known fields of the right type; {} if the pair is not two modalities."""
    kept = {name: value for name, value in given.items() if _fits(value, _CHOICES.get(name, ()))}
    if not all(isinstance(reference, str) for reference in kept.get("encoders", {}).values()):
        del kept["encoders"]
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
    """Return only known numbers inside their ranges."""
    given = _object(text)
    numbers = {name: value for name, value in given.items() if name in _MAP and type(value) in (int, float)}
    return {name: value for name, value in numbers.items() if _MAP[name][0] <= value <= _MAP[name][1]}


def _query_parts(text: str | None) -> list[dict[str, Any]] | None:
    """Return the parts of a query, or None if the link holds no query. Then the selected item is the query."""
    if text is None or len(text) > LONGEST_QUERY:
        return None
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, list):
        return None
    kept = [part for part in given if _is_part(part)][:MOST_PARTS]
    return [{"kind": kind, "value": value, "weight": weight} for kind, value, weight in kept]


def _is_part(given: Any) -> bool:
    """Whether it is [kind, value, weight]. A file is named by its digest, never by a path."""
    if not (isinstance(given, list) and len(given) == 3 and given[0] in KINDS and isinstance(given[1], str)):
        return False
    kind, value, weight = given
    if kind in ("image", "audio", "video"):
        named = _FILE.fullmatch(value) is not None
    else:
        named = bool(value.strip()) and len(value) <= LONGEST_TEXT
    return named and type(weight) in (int, float) and 0 < abs(weight) <= STRONGEST


def _model(text: str) -> dict[str, Any]:
    """Return a recommender's name and parameters, {} if there is none."""
    given = _object(text)
    if not isinstance(given.get("name"), str) or not given["name"]:
        return {}
    params = given.get("params", {})
    plain = isinstance(params, dict) and all(isinstance(v, str | int | float | bool) for v in params.values())
    return {"name": given["name"], "params": params if plain else {}}


def _object(text: str) -> dict[str, Any]:
    """The JSON object, {} for anything else."""
    given = _json(text)
    return given if isinstance(given, dict) else {}


def _json(text: str) -> Any:
    """The JSON value, None for text that is too long or no JSON."""
    if not text or len(text) > _LONGEST:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
