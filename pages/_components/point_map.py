"""Maps of points in the browser: places and colours are sent once, a click and an outline come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mmalign_core.plots import (
    SHAPES,
    VIRIDIS,
    MapGroups,
    MapPoints,
    MapQuery,
    inside_outline,
    packed_values,
    seen_places,
    shape_of,
)  # fmt: skip
from mmalign_core.types import digest_bytes
from mmalign_core.wording import tr_word
from pages._session import media_cache, state
from pages._session.served_files import PACKED, script, served

MOST_LINKS = 2000
"""Links drawn at once; our choice: more hide the points, and these are 20 kB."""
_MOST_SENT = 1000
"""Selected points that are sent with the message; more are fetched by their address, once."""
_ASSETS = Path(__file__).parents[2] / "assets"
_PICTURE = (900, 600)
"""Pixels of the picture in place of a map; our choice: about the size of the map on a laptop."""


@dataclass(frozen=True)
class Layer:
    """One map. `codes`: the groups' codes in the order of the points, gzipped. `rows`: coordinates (n, 2 or 3).

    `focus`, `linked`, `chosen`: items with strong rings, with links, and with thin rings. `labels`: text, size, level
    and place of each cluster. `query`: what lies over the points. While `view` stays the same, so
    does the zoom, also when the points are others.
    """

    points: MapPoints
    coordinates: np.ndarray
    groups: MapGroups
    codes: bytes
    focus: Sequence[str] = ()
    linked: Sequence[str] = ()
    chosen: Sequence[str] = ()
    labels: Sequence[tuple[Any, ...]] = ()
    query: MapQuery | None = None
    title: str = ""
    height: int = 600
    view: str = ""


@dataclass(frozen=True)
class Label:
    """What is said of a point: its `text`, and a small `picture` as data URI with its `look`."""

    text: str
    picture: str | None = None
    look: str = ""


def show(
    layers: Sequence[Layer],
    *,
    key: str,
    alt: str,
    colour: str,
    on_point: Callable[[int, int], None],
    on_rows: Callable[[int, np.ndarray], None],
    label: Callable[[int, int], Label],
    shared: int = 0,
    said: str = "",
) -> None:
    """Draw one map, or two beside one another whose first `shared` points are the same media.

    `colour`: what the points are coloured by. `on_point` gets layer and row of a clicked point, `on_rows` layer and
    rows inside an outline, `label` layer and row of a point that the browser asks for. `said`: for screen readers.
    """
    plain = bool(state.widget(key, {}).get("picture"))
    data = {
        "role": "map", "name": key, "code": script("main"), "alt": alt, "shared": shared, "said": said,
        "layers": [_layer(layer, plain) for layer in layers],
        "colours": _colours(layers, colour),
    }  # fmt: skip

    def told(name: str) -> tuple[int, Layer, Mapping[str, Any]] | None:
        found = state.picked(key, name)
        layer = layers[int(found["layer"]) % len(layers)]
        return (int(found["layer"]), layer, found) if found["revision"] == layer.points.digest else None

    def pointed() -> None:
        found = told("pointed")
        if found and 0 <= int(found[2]["point"]) < len(found[1].points.order):
            on_point(found[0], int(found[1].points.order[int(found[2]["point"])]))

    def outlined() -> None:
        found = told("outlined")
        if found:
            on_rows(found[0], rows_inside(found[1], found[2]))

    def placed() -> None:
        found = told("placed")
        if found:
            away = ((found[1].coordinates[:, :2] - np.asarray(found[2]["at"], float)) / found[1].points.span[:2]) ** 2
            on_point(found[0], int(away.sum(axis=1).argmin()))

    _component()(
        data=data, key=key, on_pointed_change=pointed, on_outlined_change=outlined, on_placed_change=placed,
        on_picture_change=lambda: None,
    )  # fmt: skip
    st.fragment(key=f"{key}.answers")(_answers)(layers, key, label)


def rows_inside(layer: Layer, drawn: Mapping[str, Any]) -> np.ndarray:
    """Return the rows inside the drawn `outline`; on a map in space it is drawn on the screen of the `view`."""
    places = layer.coordinates[:, :2]
    if drawn.get("view"):
        places = seen_places(drawn["view"], (layer.coordinates - layer.points.low) / layer.points.span)
    return np.flatnonzero(inside_outline(np.asarray(drawn["outline"], float), places))


def _layer(layer: Layer, plain: bool) -> dict[str, Any]:
    points = layer.points
    chosen: Any = points.of_items(layer.chosen).astype("<u4")
    if len(chosen) > _MOST_SENT:
        packed = packed_values(chosen)
        chosen = {"address": served(packed, PACKED, digest_bytes(packed)), "n": len(chosen)}
    else:
        chosen = chosen.tolist()
    query = layer.query and {
        "at": layer.query.place.tolist(), "answers": points.of_items(layer.query.answers).tolist(),
        "label": layer.query.label,
    }  # fmt: skip
    return {
        "places": served(points.places, PACKED, f"places.{points.digest}"),
        "numbers": served(points.numbers, PACKED, f"numbers.{points.digest}"),
        "codes": served(layer.codes, PACKED, digest_bytes(layer.codes)),
        "kinds": [[kind, SHAPES.index(shape_of(kind))] for kind in points.kinds],
        "n": len(points.order), "axes": layer.coordinates.shape[1], "revision": points.digest,
        "view": layer.view or points.digest,
        "low": points.low.tolist(), "span": points.span.tolist(), "title": layer.title, "height": layer.height,
        "focus": points.of_items(layer.focus).tolist(), "links": points.links(layer.linked, MOST_LINKS),
        "chosen": chosen, "query": query, "picture": _picture(layer) if plain else None,
        "labels": [
            [text, int(size), int(level), *(round(float(part), 4) for part in place)]
            for text, size, level, place in layer.labels
        ],
    }  # fmt: skip


def _picture(layer: Layer) -> str:
    """Return the address of a picture of the map's density."""
    shares = (layer.coordinates - layer.points.low) / layer.points.span
    made = media_cache.density(digest_bytes(layer.codes, layer.points.digest.encode()), _PICTURE, shares, layer.groups)
    return served(made, "image/png", digest_bytes(made))


def _colours(layers: Sequence[Layer], colour: str) -> dict[str, Any]:
    """The legend: groups with the points of all maps, and the scale."""
    shape = {kind: shape_of(kind) for layer in layers for kind in layer.points.kinds}
    counts: dict[str, int] = {}
    for layer in layers:
        for group in layer.groups.groups:
            counts[group.name] = max(counts.get(group.name, 0), group.count)
    first = layers[0].groups
    scale = first.scale and {
        "title": tr_word(first.scale.title), "colours": VIRIDIS, "ticks": first.scale.ticks, "low": first.scale.low,
        "high": first.scale.high, "logarithmic": first.scale.logarithmic,
    }  # fmt: skip
    groups = [
        {
            "name": tr_word(g.name),
            "colour": g.colour,
            "codes": g.codes,
            "count": counts[g.name],
            "shape": shape.get(g.name),
        }
        for g in first.groups
    ]
    return {"key": colour, "palette": first.palette, "groups": groups, "scale": scale}


def _answers(layers: Sequence[Layer], key: str, label: Callable[[int, int], Label]) -> None:
    """Answer what the browser asks of points: this part of the page runs alone, so that the map is not sent again."""
    asked = state.widget(f"{key}.answers", {}).get("asked")
    answer = None
    if asked and asked["revision"] == layers[asked["layer"] % len(layers)].points.digest:
        layer = layers[asked["layer"]]
        rows = []
        for point in asked["points"][:100]:
            if not 0 <= int(point) < len(layer.points.order):
                continue
            said = label(asked["layer"], int(layer.points.order[int(point)]))
            rows.append([point, said.text, said.picture, said.look])
        answer = {"layer": asked["layer"], "revision": asked["revision"], "rows": rows}
    data = {"role": "answers", "of": key, "code": script("main"), "answer": answer}
    _component()(data=data, key=f"{key}.answers", on_asked_change=lambda: None)


def _component() -> Any:
    return st.components.v2.component(
        "mmalign_map",
        html='<div class="map"></div>',
        css=(_ASSETS / "map.css").read_text(encoding="utf-8"),
        js=(_ASSETS / "map_frame.js").read_text(encoding="utf-8"),
    )
