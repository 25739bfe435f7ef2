"""The map of the shared space: one point per medium, lines between the media of one item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from mmalign_core.plots.colours import HOVER, MODALITY_SYMBOLS
from mmalign_core.plots.labels import plain_label
from mmalign_core.plots.map_marks import MapMarks, cluster_labels, links_of, query_marks, rings, selection_rings
from mmalign_core.plots.point_groups import CATEGORIES, map_groups

_HEIGHT = 600
"""Pixels of the map; our choice: a laptop's window below the head of the page."""
_WEBGL_FROM = 6000
"""Number of points above which WebGL draws the map. SVG is sharper, but slow for more points. Chosen by eye."""


def map_figure(
    rows: pd.DataFrame,
    labels: Sequence[str],
    *,
    colour: Sequence[object] | None = None,
    colour_title: str = "",
    logarithmic: bool = False,
    links: bool | Sequence[str] = True,
    highlight: str | None = None,
    marks: MapMarks | None = None,
    revision: str = "map",
) -> go.Figure:
    """Return the map of the shared space.

    `rows`: columns item, modality, x, y and, for 3-D, z. `labels` (n,): hover labels. `colour` (n,): values to colour
    by (numbers and dates as a scale, `logarithmic` or not, anything else as categories); None colours by modality.
    `links`: whether all items have lines between their media, or which of them. `highlight`: the item whose media get
    rings and strong links. While `revision` stays the same, zoom and hidden groups stay too. The `customdata` of every
    point is (item, modality).
    """
    figure, large, over = go.Figure(), len(rows) > _WEBGL_FROM, marks or MapMarks()
    linked = rows if links is True else _of_items(rows, links or ())
    if len(linked):
        figure.add_trace(links_of(linked, webgl=large))
    for name, mask, marker in _groups(rows, colour, colour_title, logarithmic):
        chosen = np.flatnonzero(mask).tolist()
        figure.add_trace(_points(rows.iloc[chosen], [labels[i] for i in chosen], name, marker, webgl=large))
    if over.selected:
        figure.add_trace(selection_rings(_of_items(rows, over.selected)))
    chosen = rows.iloc[np.flatnonzero(rows["item"] == highlight)]
    if len(chosen):
        figure.add_traces([links_of(chosen, strong=True), rings(chosen)])
    if over.query is not None:
        figure.add_traces(query_marks(rows, over.query))
    _lay_out(figure, over.names, revision, spatial="z" in rows)
    return figure


def _of_items(rows: pd.DataFrame, items: Iterable[str]) -> pd.DataFrame:
    """The rows of these items."""
    return rows.iloc[np.flatnonzero(rows["item"].isin([*items]))]


def _lay_out(figure: go.Figure, names: Mapping[str, np.ndarray], revision: str, *, spatial: bool) -> None:
    """Set axes, legend and drags. The legend stands below the map, where the toolbar does not cover it."""
    figure.update_layout(
        height=_HEIGHT, margin={"l": 0, "r": 0, "t": 8, "b": 0}, clickmode="event+select", dragmode="pan",
        legend={"orientation": "h", "x": 0, "y": -0.02, "yanchor": "top", "itemsizing": "constant"},
        hoverlabel=HOVER, uirevision=revision, selectionrevision=revision,
    )  # fmt: skip
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": "", "visible": False}
    figure.update_xaxes(**bare)
    figure.update_yaxes(**bare)
    if not spatial:
        figure.update_layout(annotations=cluster_labels(names))
        return
    axis = bare | {"visible": True, "showgrid": True, "gridcolor": "rgba(138,148,163,.25)", "showbackground": False}
    near = {"eye": {"x": 1.05, "y": 1.05, "z": 0.75}}
    figure.update_layout(dragmode="orbit")
    figure.update_scenes(
        xaxis=axis, yaxis=axis, zaxis=axis, aspectmode="cube", camera=near, dragmode="orbit",
        annotations=cluster_labels(names), uirevision=revision,
    )  # fmt: skip


def _groups(
    rows: pd.DataFrame, colour: Sequence[object] | None, title: str, logarithmic: bool
) -> list[tuple[str, np.ndarray, dict]]:
    """Return (legend name, mask (n,), marker) of each trace; the largest group of categories comes first."""
    found = map_groups(rows["modality"].to_numpy(), colour, title, logarithmic=logarithmic)
    symbols = np.array([MODALITY_SYMBOLS.get(m, "x") for m in rows["modality"]])
    groups = []
    for group in found.groups:
        mask = (found.codes >= group.codes[0]) & (found.codes <= group.codes[1])
        faint = {"opacity": 0.4} if found.scale else {}
        groups.append((plain_label(group.name, 28), mask, {"color": group.colour, "symbol": symbols[mask], **faint}))
    if found.scale is None or found.numbers is None:
        return groups[-1:] + groups[:-1] if len(groups) > CATEGORIES else groups
    known = np.isfinite(found.numbers)
    bar: dict[str, Any] = {"thickness": 10, "outlinewidth": 0, "title": {"text": plain_label(title, 20)}}
    if logarithmic:
        powers = range(int(np.ceil(found.scale.high)) + 1)
        bar |= {"tickmode": "array", "tickvals": list(powers), "ticktext": [f"{10**power:,}" for power in powers]}
    look = {"symbol": symbols[known], "showscale": True, "colorbar": bar, "colorscale": "Viridis"}
    return [*groups, (title, known, {"color": found.numbers[known], **look})]


def _points(rows: pd.DataFrame, labels: Sequence[str], name: str, marker: dict, *, webgl: bool) -> BaseTraceType:
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
    kind = go.Scattergl if webgl else go.Scatter
    return kind(**shared, selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.85}})


def point_size(n: int) -> float:
    """Return the size in pixels of a 2-D point: 8 for hundreds of points, down to 4 for tens of thousands."""
    return float(np.clip(8 * (800 / max(n, 1)) ** 0.25, 4, 8))
