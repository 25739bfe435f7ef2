"""What is drawn over the points of a map: links, rings, names of clusters, and a query with its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from mmalign_core.plots.colours import OTHER_COLOUR
from mmalign_core.plots.labels import plain_label

STRONG = "#7068EA"
"""Violet of the theme: marks the selected item."""
QUERY_COLOUR = "#E8A33D"
"""Amber, which no modality has: marks a query and its answers."""


@dataclass(frozen=True)
class MapQuery:
    """A query on the map: its `label`, its `place` (2 or 3,), and the items that answer it, the best first."""

    label: str
    place: np.ndarray
    answers: Sequence[str]


@dataclass(frozen=True)
class MapMarks:
    """What lies over the points: rings around the `selected` items, `names` of clusters at their places, a `query`."""

    selected: Sequence[str] = ()
    names: Mapping[str, np.ndarray] = field(default_factory=dict)
    query: MapQuery | None = None


def links_of(rows: pd.DataFrame, *, strong: bool = False, webgl: bool = False) -> BaseTraceType:
    """Return lines from the first medium of each item to its others, as one trace. None separates the lines.

    Weak links have an entry in the legend, because plotly hides with an isolated group only what the legend lists.
    """
    axes = [axis for axis in ("x", "y", "z") if axis in rows]
    first = rows.groupby("item", sort=False)[axes].transform("first").to_numpy()
    places = rows[axes].to_numpy()
    moved = (first != places).any(axis=1)
    gap = np.full((int(moved.sum()), len(axes)), np.nan)
    path = np.stack([first[moved], places[moved], gap], axis=1).reshape(-1, len(axes))
    line: dict[str, Any] = {
        "mode": "lines",
        "hoverinfo": "skip",
        "name": "links",
        "legendrank": 2000,
        "showlegend": not strong,
        "line": {"width": 3 if strong else 1, "color": STRONG if strong else OTHER_COLOUR},
        "opacity": 1.0 if strong else link_opacity(int(moved.sum())),
    }
    return _trace(dict(zip(axes, path.T)), line, webgl=webgl)


def link_opacity(n: int) -> float:
    """Return the opacity of links: 0.25 for up to a few hundred, less for more, so that the points stay visible."""
    return float(np.clip(0.25 * 600 / max(n, 1), 0.06, 0.25))


def rings(rows: pd.DataFrame) -> BaseTraceType:
    """Return rings around the media of the item in focus."""
    return _rings(rows, "selected", STRONG, size=20, width=3)


def selection_rings(rows: pd.DataFrame) -> BaseTraceType:
    """Return thin rings around the media of the selected items."""
    return _rings(rows, "selection", STRONG, size=12, width=1)


def query_marks(rows: pd.DataFrame, query: MapQuery) -> list[BaseTraceType]:
    """Return a star at the query, and a line from it to each medium of its answers."""
    axes = [axis for axis in ("x", "y", "z") if axis in rows]
    answers = rows.iloc[np.flatnonzero(rows["item"].isin([*query.answers]))]
    places = np.asarray(answers[axes], float)
    start = np.broadcast_to(np.asarray(query.place, float), places.shape)
    path = np.stack([start, places, np.full(places.shape, np.nan)], axis=1).reshape(-1, len(axes))
    line = {"mode": "lines", "hoverinfo": "skip", "name": "answers", "line": {"width": 1.5, "color": QUERY_COLOUR}}
    size = 9 if "z" in rows else 18
    symbol = "diamond" if "z" in rows else "star"  # 3-D maps have no stars
    star = {
        "mode": "markers", "name": "query", "hovertext": [f"query: {plain_label(query.label)}"], "hoverinfo": "text",
        "marker": {"symbol": symbol, "size": size, "color": QUERY_COLOUR, "line": {"width": 1.5, "color": "#1C2430"}},
    }  # fmt: skip
    at = {axis: [float(value)] for axis, value in zip(axes, query.place)}
    return [_trace(dict(zip(axes, path.T)), line), _trace(at, star)]


def cluster_labels(names: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return annotations: name -> its place (2 or 3,) on the map."""
    shared = {
        "showarrow": False, "bgcolor": "rgba(28,36,48,.82)", "borderpad": 3, "font": {"size": 11, "color": "#F4F5F8"},
    }  # fmt: skip
    return [
        shared | {"text": plain_label(name, 44)} | {axis: float(value) for axis, value in zip("xyz", place)}
        for name, place in names.items()
    ]


def _rings(rows: pd.DataFrame, name: str, colour: str, *, size: int, width: int) -> BaseTraceType:
    ring = {"symbol": "circle-open", "size": size // 2 if "z" in rows else size, "color": colour}
    drawn = {"mode": "markers", "hoverinfo": "skip", "showlegend": False, "name": name}
    axes = {axis: rows[axis] for axis in ("x", "y", "z") if axis in rows}
    return _trace(axes, drawn | {"marker": ring | {"line": {"width": width}}})


def _trace(axes: Mapping[str, Any], drawn: Mapping[str, Any], *, webgl: bool = False) -> BaseTraceType:
    kind = go.Scatter3d if "z" in axes else go.Scattergl if webgl else go.Scatter
    return kind(**axes, **drawn)
