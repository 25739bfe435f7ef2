"""The parts of a query as kept by the Recommend page: construction, names, and conversion for the workflow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmalign_core.plots import cut_text
from mmalign_core.types import BadInput, Collection
from mmalign_core.wording import say, tr, tr_any
from mmalign_core.workflow import QueryPart, QuerySpec
from pages._components.media import previews
from pages._session.cache import Settings
from pages._session.links import LONGEST_QUERY, LONGEST_TEXT, MOST_PARTS
from pages._session.uploads import query_path

PartData = Mapping[str, Any]
"""kind, value (the text, an id, or the name of a kept upload) and weight, as plain data."""

ICONS = {"item": "interests", "text": "notes", "image": "image", "audio": "graphic_eq", "video": "movie"}
ICONS |= {"user": "person"}
_CALLED = {"image": say("your picture"), "audio": say("your sound"), "video": say("your video")}


def part(kind: str, value: str, weight: float = 1.0) -> dict[str, Any]:
    """Return a part of a query. A text longer than `LONGEST_TEXT` is cut."""
    return {"kind": kind, "value": value.strip()[:LONGEST_TEXT] if kind == "text" else value, "weight": weight}


def with_part(parts: Sequence[PartData], new: PartData) -> list[dict[str, Any]]:
    """Return the parts with one more, which replaces a part of the same kind and value.

    Raises BadInput if the query gets too many parts or too long for a link.
    """
    kept = [dict(part) for part in parts if (part["kind"], part["value"]) != (new["kind"], new["value"])]
    found = [*kept, dict(new)]
    if len(found) > MOST_PARTS:
        raise BadInput(say("a query has at most {most_parts} parts; remove one first", most_parts=MOST_PARTS))
    if len(json.dumps([list(part.values()) for part in found], ensure_ascii=False)) > LONGEST_QUERY:
        raise BadInput(
            say(
                "the query is longer than {longest_query:,} characters; shorten a text or remove a part",
                longest_query=LONGEST_QUERY,
            )
        )
    return found


def name(part: PartData, collection: Collection, limit: int = 34) -> str:
    """Return the name of the part on the page."""
    if part["kind"] == "item":
        known = part["value"] in collection.items.index
        return previews.menu_title(collection, part["value"], limit) if known else cut_text(part["value"], limit)
    if part["kind"] == "user":
        return tr("user {name}", name=cut_text(part["value"], limit))
    return tr_any(_CALLED.get(part["kind"])) or cut_text(part["value"], limit)


def as_query(parts: Sequence[PartData], settings: Settings) -> QuerySpec:
    """Return the workflow's query. Raises BadInput if an uploaded file is no longer here."""
    return QuerySpec(tuple(QueryPart(part["kind"], _value(part, settings), float(part["weight"])) for part in parts))


def path(part: PartData, settings: Settings) -> Path:
    """Return the file of a picture, sound or video. Raises BadInput if it is gone."""
    return query_path(part["value"], settings)


def known_path(part: PartData, settings: Settings) -> Path | None:
    """Return the file, or None if it is gone."""
    try:
        return path(part, settings)
    except BadInput:
        return None  # the answer gives the error; a chip then shows its icon


def _value(part: PartData, settings: Settings) -> str:
    return str(path(part, settings)) if part["kind"] in _CALLED else part["value"]
