"""The similarity matrix as a heat map whose cells can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER
from mmalign_core.plots.labels import plain_label
from mmalign_core.wording import tr

_RIGHT, _CHOSEN = "#D1495B", "#F2B134"
_HEIGHT = 640
"""Pixels of the figure; our choice: a laptop's window below the head of the page."""
_LABELLED = 40
"""With more rows than this, labels and thumbnails along the axes would overlap."""
_WEBGL_FROM = 4000
"""Cells from which WebGL draws what is clicked. Measured: as 40,000 SVG elements with a hover text each, one step of a
200 x 200 matrix took 13 s in a browser; SVG draws 4,000 in a tenth of that."""


def heatmap_figure(
    scores: np.ndarray,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    *,
    right: np.ndarray | None = None,
    chosen: tuple[int, int] | None = None,
    row_title: str = "",
    column_title: str = "",
    row_images: Sequence[str | None] = (),
    column_images: Sequence[str | None] = (),
    notes: Sequence[Sequence[str]] | None = None,
) -> go.Figure:
    """Return a heat map of scores (r, c) with row 0 on top.

    `right` (r, c) bool: right answers, which get an outline. `chosen`: the cell (row, column) that is marked until
    another one is clicked. `row_images`, `column_images`: data URIs drawn along the axes in place of the labels.
    `notes` (r, c): one more line of each cell's hover label.
    A nearly transparent scatter covers the cells, because plotly reports no clicks on heat maps. Its `customdata` is
    (row, column).
    """
    titles = row_title, column_title
    if scores.size > _WEBGL_FROM:
        overlay = _large_overlay(scores, titles)
    else:
        overlay = _overlay(scores, row_labels, column_labels, titles, notes)
    cells = go.Heatmap(
        z=scores, hoverinfo="skip", colorbar={"thickness": 10, "outlinewidth": 0, "title": {"text": tr("score")}}
    )
    figure = go.Figure([cells, overlay])
    if chosen is not None:
        figure.data[1].selectedpoints = [chosen[0] * scores.shape[1] + chosen[1]]
    if right is not None and right.any() and max(scores.shape) <= 2 * _LABELLED:
        figure.add_trace(_outline(right))
    rows, columns = scores.shape
    figure.update_layout(
        height=_HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False, clickmode="event+select",
        dragmode=False, hoverlabel=HOVER,
    )  # fmt: skip
    turned: dict[str, Any] = {"tickangle": -55} if columns > 6 else {"tickangle": 0}
    across = _axis(columns, column_labels, column_title, column_images) | turned
    down = _axis(rows, row_labels, row_title, row_images) | {"range": [rows - 0.5, -0.5]}
    if any(row_images):  # their size is a share of the unknown width; this margin is enough on wide screens
        down["title"] = {"text": row_title, "standoff": 58}
    figure.update_layout({"xaxis": across, "yaxis": down})
    images = _thumbnails(row_images, rows, vertical=True) + _thumbnails(column_images, columns, vertical=False)
    if images:
        figure.update_layout({"images": images})
    return figure


def _overlay(
    scores: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    titles: tuple[str, str],
    notes: Sequence[Sequence[str]] | None,
) -> go.Scatter:
    row, column = (index.ravel() for index in np.indices(scores.shape))
    names = [plain_label(label) for label in rows], [plain_label(label) for label in columns]
    hover = [
        f"{titles[0]}: {names[0][i]}<br>{titles[1]}: {names[1][j]}<br>{tr('score')} {scores[i, j]:.3f}"
        + (f"<br>{plain_label(notes[i][j])}" if notes else "")
        for i, j in zip(row.tolist(), column.tolist())
    ]
    shared = _clickable(scores, row, column)
    return go.Scatter(**shared, hovertext=hover, hoverinfo="text", customdata=np.stack([row, column], axis=1))


def _large_overlay(scores: np.ndarray, titles: tuple[str, str]) -> go.Scattergl:
    """Return the overlay of many cells: labels come from the axes, so that no text is sent for each cell."""
    row, column = (index.ravel().astype(np.int16) for index in np.indices(scores.shape))
    data = np.stack([row, column, scores.ravel()], axis=1).astype(np.float32)
    template = f"{titles[0]}: %{{y}}<br>{titles[1]}: %{{x}}<br>{tr('score')} %{{customdata[2]:.3f}}<extra></extra>"
    return go.Scattergl(**_clickable(scores, row, column), hovertemplate=template, customdata=data)


def _clickable(scores: np.ndarray, row: np.ndarray, column: np.ndarray) -> dict[str, Any]:
    side = max(2.0, 0.8 * _HEIGHT / max(scores.shape))
    return {
        "x": column, "y": row, "mode": "markers",
        "marker": {"symbol": "square", "size": side, "opacity": 0.01, "color": "#8A94A3"},
        "selected": {"marker": {"opacity": 0.85, "color": _CHOSEN}}, "unselected": {"marker": {"opacity": 0.01}},
    }  # fmt: skip


def _outline(right: np.ndarray) -> go.Scatter:
    row, column = np.nonzero(right)
    side = max(3.0, 0.62 * _HEIGHT / max(right.shape))
    return go.Scatter(
        x=column, y=row, mode="markers", hoverinfo="skip",
        marker={"symbol": "square-open", "size": side, "color": _RIGHT, "line": {"width": 1.5}},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def _axis(count: int, labels: Sequence[str], title: str, images: Sequence[str | None]) -> dict[str, Any]:
    plain = {"range": [-0.5, count - 0.5], "showgrid": False, "zeroline": False, "title": {"text": title}}
    if count > _LABELLED or any(images):
        return plain | {
            "tickmode": "array",
            "tickvals": list(range(count)),
            "ticktext": [plain_label(label) for label in labels],
            "showticklabels": False,
            "ticks": "",
            "title": {"text": title, "standoff": 34 if any(images) else 8},
        }
    return plain | {
        "tickmode": "array",
        "tickvals": list(range(count)),
        "ticktext": [plain_label(label, 18) for label in labels],
        "tickfont": {"size": 10},
        "automargin": True,
        "ticks": "",
    }


def _thumbnails(images: Sequence[str | None], count: int, *, vertical: bool) -> list[dict[str, Any]]:
    """Return the layout images along an axis as one list, because adding them one by one is slow."""
    if count > _LABELLED:
        return []
    if vertical:
        shared = {"xref": "paper", "yref": "y", "x": -0.005, "xanchor": "right", "yanchor": "middle"}
    else:
        shared = {"xref": "x", "yref": "paper", "y": -0.005, "xanchor": "center", "yanchor": "top"}
    shared |= {"layer": "above", "sizex": 0.06 if vertical else 0.92, "sizey": 0.92 if vertical else 0.06}
    along = "y" if vertical else "x"
    return [shared | {"source": source, along: place} for place, source in enumerate(images) if source is not None]
