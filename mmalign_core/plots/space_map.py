"""The map of the shared space: one point per medium, lines between the media of one item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from mmalign_core.plots.colours import HOVER, MODALITY_SYMBOLS, OTHER_COLOUR, category_colours, modality_colour
from mmalign_core.plots.labels import plain_label

STRONG = "#7068EA"
"""Violet of the theme: marks the selected item."""
_CATEGORIES = 10
"""Categories with their own colour. Chosen: more colours cannot be told apart, and the palette has as many."""
_WEBGL_FROM = 6000
"""Number of points above which WebGL draws the map. SVG is sharper, but slow for more points. Chosen by eye."""


def map_figure(
    rows: pd.DataFrame,
    labels: Sequence[str],
    *,
    colour: Sequence[object] | None = None,
    colour_title: str = "",
    links: bool = True,
    highlight: str | None = None,
    height: int = 600,
) -> go.Figure:
    """Return the map of the shared space.

    `rows`: columns item, modality, x, y and, for 3-D, z. `labels` (n,): hover labels. `colour` (n,): values to colour
    by (numbers as a scale, anything else as categories); None colours by modality. `highlight`: the item whose media
    get rings and strong links. The `customdata` of every point is (item, modality).
    """
    figure = go.Figure()
    if links:
        figure.add_trace(_links(rows))
    for name, mask, marker in _groups(rows, colour, colour_title):
        chosen = np.flatnonzero(mask).tolist()
        figure.add_trace(_points(rows.iloc[chosen], [labels[i] for i in chosen], name, marker))
    chosen = rows.iloc[np.flatnonzero(rows["item"] == highlight)]
    if len(chosen):
        figure.add_trace(_links(chosen, strong=True))
        figure.add_trace(_rings(chosen))
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 8, "b": 0}, clickmode="event+select", dragmode="pan",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemsizing": "constant"},
        hoverlabel=HOVER, uirevision="map",
    )  # fmt: skip
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": "", "visible": False}
    figure.update_xaxes(**bare)
    figure.update_yaxes(**bare)
    if "z" in rows:
        axis = bare | {"visible": True, "showgrid": True, "gridcolor": "rgba(138,148,163,.25)", "showbackground": False}
        near = {"eye": {"x": 1.05, "y": 1.05, "z": 0.75}}
        figure.update_scenes(xaxis=axis, yaxis=axis, zaxis=axis, aspectmode="cube", camera=near)
    return figure


def _groups(rows: pd.DataFrame, colour: Sequence[object] | None, title: str) -> list[tuple[str, np.ndarray, dict]]:
    """Return (legend name, mask (n,), marker) of each trace."""
    modality = rows["modality"].to_numpy()
    symbols = np.array([MODALITY_SYMBOLS.get(m, "x") for m in modality])
    if colour is None:
        return [
            (m, modality == m, {"color": modality_colour(m), "symbol": MODALITY_SYMBOLS.get(m, "x")})
            for m in dict.fromkeys(modality)
        ]
    values = pd.Series(list(colour), dtype=object)
    numbers = pd.Series(pd.to_numeric(values, errors="coerce"))
    if numbers.notna().any() and numbers.notna().sum() == values.notna().sum() and numbers.nunique() > _CATEGORIES:
        scale = {"color": numbers, "symbol": symbols, "showscale": True}
        scale["colorbar"] = {"thickness": 10, "outlinewidth": 0, "title": {"text": plain_label(title, 20)}}
        return [(title, np.ones(len(rows), dtype=bool), scale)]
    return _categories(values.where(values.notna(), "none").astype(str).to_numpy(), symbols)


def _categories(values: np.ndarray, symbols: np.ndarray) -> list[tuple[str, np.ndarray, dict]]:
    names = [str(name) for name in pd.Series(values).value_counts(sort=True).index]
    shown, rest = names[:_CATEGORIES], names[_CATEGORIES:]
    groups = [
        (plain_label(name, 28), values == name, {"color": tint, "symbol": symbols[values == name]})
        for name, tint in category_colours(shown).items()
    ]
    if rest:
        mask = np.isin(values, rest)
        groups.insert(0, (f"{len(rest)} others", mask, {"color": OTHER_COLOUR, "symbol": symbols[mask]}))
    return groups


def _points(rows: pd.DataFrame, labels: Sequence[str], name: str, marker: dict) -> BaseTraceType:
    spatial = "z" in rows
    hover = [
        f"{plain_label(label)}<br><span style='opacity:.7'>{modality}</span>"
        for label, modality in zip(labels, rows["modality"])
    ]
    shared = {
        "name": name, "mode": "markers", "x": rows["x"], "y": rows["y"], "hovertext": hover, "hoverinfo": "text",
        "customdata": rows[["item", "modality"]].to_numpy(dtype=object),
        "marker": {"size": 4 if spatial else point_size(len(rows)), "opacity": 0.85} | marker,
    }  # fmt: skip
    if spatial:
        return go.Scatter3d(z=rows["z"], **shared)
    kind = go.Scattergl if len(rows) > _WEBGL_FROM else go.Scatter
    return kind(**shared, selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.85}})


def point_size(n: int) -> float:
    """Return the size in pixels of a 2-D point: 8 for hundreds of points, down to 4 for tens of thousands."""
    return float(np.clip(8 * (800 / max(n, 1)) ** 0.25, 4, 8))


def link_opacity(n: int) -> float:
    """Return the opacity of links: 0.25 for up to a few hundred, less for more, so that the points stay visible."""
    return float(np.clip(0.25 * 600 / max(n, 1), 0.06, 0.25))


def _rings(rows: pd.DataFrame) -> BaseTraceType:
    spatial = "z" in rows
    ring = {"symbol": "circle-open", "size": 9 if spatial else 20, "color": STRONG, "line": {"width": 3}}
    shared = {"mode": "markers", "hoverinfo": "skip", "showlegend": False, "marker": ring, "name": "selected"}
    axes = {axis: rows[axis] for axis in ("x", "y", "z") if axis in rows}
    return go.Scatter3d(**axes, **shared) if spatial else go.Scatter(**axes, **shared)


def _links(rows: pd.DataFrame, *, strong: bool = False) -> BaseTraceType:
    """Return lines from the first medium of each item to its others, as one trace. None separates the lines."""
    axes = [axis for axis in ("x", "y", "z") if axis in rows]
    first = rows.groupby("item", sort=False)[axes].transform("first").to_numpy()
    places = rows[axes].to_numpy()
    moved = (first != places).any(axis=1)
    gap = np.full((int(moved.sum()), len(axes)), np.nan)
    path = np.stack([first[moved], places[moved], gap], axis=1).reshape(-1, len(axes))
    line = {
        "mode": "lines",
        "hoverinfo": "skip",
        "showlegend": False,
        "line": {"width": 3 if strong else 1, "color": STRONG if strong else OTHER_COLOUR},
    }
    columns = dict(zip(axes, path.T))
    if "z" in rows:
        return go.Scatter3d(**columns, **line, opacity=1.0 if strong else link_opacity(int(moved.sum())))
    kind = go.Scattergl if len(rows) > _WEBGL_FROM else go.Scatter
    return kind(**columns, **line, opacity=1.0 if strong else link_opacity(int(moved.sum())))
