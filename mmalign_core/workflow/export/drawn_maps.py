"""A map of a medium as plain values for a page: tinted words, cells over a picture, bars of a sound's segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmalign_core.data.media.picture_uris import pixels_uri
from mmalign_core.data.titles import one_line
from mmalign_core.explain.faithfulness import verdict
from mmalign_core.explain.masks import MediaMap
from mmalign_core.recommend.sentences.facts import signed
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.explanation.masked_medium import run_encoder
from mmalign_core.workflow.export.films import video_tiles

if TYPE_CHECKING:
    from mmalign_core.workflow.explanation.answers import RecommendationMap

PIXELS, STRONGEST, MOST_LETTERS = 420, 0.72, 1500
"""Width of a picture, opacity of the strongest tint, characters of a text. Our choices, by eye."""


def drawn_map(run: Run, mapped: RecommendationMap) -> dict[str, Any]:
    """Return `cells`, `rows` of segments or `words` (safe HTML), depending on the modality, and how good it is.
    `missing`: why a map cannot be drawn over its medium.
    """
    found = mapped.map
    drawn = {
        "modality": found.modality,
        "whose": say("the query") if mapped.side == "query" else say("the item"),
        "label": say("the query's {label}", label=mapped.label)
        if mapped.side == "query"
        else say("the item's {label}", label=mapped.label),
        "share": mapped.share,
        "method": found.method,
        "score": found.score,
        "rest": found.rest,
        "faithful": say("The order of the parts is {verdict}.", verdict=verdict(found.faithfulness, len(found.parts))),
        "strongest": _strongest(found),
        "words": "",
        "picture": "",
        "cells": [],
        "rows": [],
        "tiles": (),
        "missing": "",
    }
    try:
        return drawn | _body(run, mapped.medium, found)
    except BadInput as error:
        return drawn | {"missing": str(error)}


def _body(run: Run, medium: Media, found: MediaMap) -> dict[str, Any]:
    from mmalign_core.plots.colours import scale_of, tint

    scale = scale_of(found.values)
    parts = [
        {"label": part.label, "place": part.place, "value": float(v), "tint": tint(float(v) / scale, STRONGEST)}
        for part, v in zip(found.parts, found.values)
    ]
    if found.modality == "text":
        return {"words": _words(medium, found)}
    if found.modality == "image":
        model = run_encoder(run, "image")
        return {"picture": pixels_uri(model.view(medium), PIXELS), "cells": parts}
    end = max((part.place[1] for part in found.parts), default=1.0) or 1.0
    drawn = [_segment(part, end, scale) for part in parts]
    return {"rows": _rows(found, drawn), "seconds": end, "tiles": _tiles(run, medium)}


def _rows(found: MediaMap, drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the segments, separately for what is seen and heard if the map has senses, each row with its sum."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for part, segment in zip(found.parts, drawn):
        rows.setdefault(part.sense, []).append(segment)
    return [{"name": sense, "sum": sum(s["value"] for s in own), "segments": own} for sense, own in rows.items()]


def _tiles(run: Run, medium: Media) -> tuple[str, ...]:
    """Return frames of a video over its time; () for a sound, or if the video's file is gone."""
    if medium.modality != "video":
        return ()
    try:
        return video_tiles(run_encoder(run, "video").view(medium))
    except BadInput:
        return ()  # the item's own media give the reason, and the bars are drawn without frames


def _words(medium: Media, found: MediaMap) -> str:
    from mmalign_core.plots.word_map import word_map_html

    places = [part.place for part in found.parts]
    return word_map_html((medium.text or "").strip(), places, found.values, most=MOST_LETTERS)


def _segment(part: dict[str, Any], end: float, scale: float) -> dict[str, Any]:
    """Return the place of its bar in a field 100 wide and 40 high whose zero is at 20."""
    start, stop = part["place"]
    height = abs(part["value"]) / scale * 18
    top = 20 - height if part["value"] > 0 else 20
    return part | {
        "x": start / end * 100,
        "width": max((stop - start) / end * 100 - 0.4, 0.2),
        "y": top,
        "height": height,
    }


def _strongest(found: MediaMap, most: int = 3) -> str:
    """Return the parts with the largest values in words: the text alternative of the map."""
    order = sorted(zip(found.parts, found.values), key=lambda pair: -pair[1])[:most]
    return ", ".join(f"{one_line(part.label)} {signed(float(value))}" for part, value in order if value > 0) or say(
        "none adds anything"
    )
