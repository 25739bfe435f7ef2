"""The wishes of a question as the Recommend page keeps them: made, named, and handed to the workflow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmalign_core.plots import cut_text
from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow import Query, Wish
from pages._components.media import previews
from pages._session.cache import Settings
from pages._session.links import LONGEST_ASKED, LONGEST_TEXT, MOST_WISHES
from pages._session.uploads import query_path

Made = Mapping[str, Any]
"""kind, value (the text, an id, or the name under which an upload is kept) and weight: plain data."""

ICONS = {"item": "interests", "text": "notes", "image": "image", "audio": "graphic_eq", "video": "movie"}
ICONS |= {"user": "person"}
_CALLED = {"image": "your picture", "audio": "your sound", "video": "your video"}


def made(kind: str, value: str, weight: float = 1.0) -> dict[str, Any]:
    """A wish; a text longer than the limit is cut."""
    return {"kind": kind, "value": value.strip()[:LONGEST_TEXT] if kind == "text" else value, "weight": weight}


def added(wishes: Sequence[Made], wish: Made) -> list[dict[str, Any]]:
    """The wishes with one more, which takes the place of the same one asked before; BadInput when it gets too much."""
    kept = [dict(w) for w in wishes if (w["kind"], w["value"]) != (wish["kind"], wish["value"])]
    found = [*kept, dict(wish)]
    if len(found) > MOST_WISHES:
        raise BadInput(f"a question holds at most {MOST_WISHES} wishes; remove one first")
    if len(json.dumps([list(w.values()) for w in found], ensure_ascii=False)) > LONGEST_ASKED:
        raise BadInput(f"the question is longer than {LONGEST_ASKED:,} characters; shorten a text or remove a wish")
    return found


def name(wish: Made, collection: Collection, limit: int = 34) -> str:
    """What a person calls it."""
    if wish["kind"] == "item":
        known = wish["value"] in collection.items.index
        return previews.title(collection, wish["value"], limit) if known else cut_text(wish["value"], limit)
    if wish["kind"] == "user":
        return "user " + cut_text(wish["value"], limit)
    return _CALLED.get(wish["kind"]) or cut_text(wish["value"], limit)


def as_query(wishes: Sequence[Made], settings: Settings) -> Query:
    """The workflow's own question; BadInput if an uploaded file is no longer here."""
    return Query(wishes=tuple(Wish(w["kind"], _value(w, settings), float(w["weight"])) for w in wishes))


def path(wish: Made, settings: Settings) -> Path:
    """Where the picture or sound asked with lies; BadInput if it is gone."""
    return query_path(wish["value"], settings)


def known_path(wish: Made, settings: Settings) -> Path | None:
    """The same, None if it is gone."""
    try:
        return path(wish, settings)
    except BadInput:
        return None  # the answer says so in words; a chip then shows its icon


def _value(wish: Made, settings: Settings) -> str:
    return str(path(wish, settings)) if wish["kind"] in _CALLED else wish["value"]
