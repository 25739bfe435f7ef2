"""A picture with an overlay that shows the share of each cell in a score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, diverging_scale, scale_of, tint
from mmalign_core.plots.labels import plain_label
from mmalign_core.wording import tr

_STRONGEST = 0.8
"""Opacity of the strongest tint. Chosen: the picture must remain visible under it."""
_OUTLINED = 0.5
"""Share of the largest value above which a cell gets an outline. A tint alone is hard to see on a colourful picture."""
_SAME = 1e-6
"""Edges of cells that differ by less than this share of the picture count as one edge."""


def picture_map_figure(
    picture: str,
    size: tuple[int, int],
    boxes: Sequence[tuple[float, ...]],
    values: np.ndarray,
    labels: Sequence[str] = (),
    *,
    height: int = 360,
) -> go.Figure:
    """Return the picture with a tint over each cell.

    `picture`: data URI of the encoder's input, of `size` (width, height) pixels. `boxes` (p,) of (left, top, right,
    bottom) in 0..1. `values` (p,): shares of the score, on a symmetric scale: violet is positive, gold negative,
    zero transparent. Where boxes overlap, the later one is drawn. The hover label shows label and value. The
    `customdata` of a click is (number of the cell,).
    """
    across, down = (_edges([box[side] for box in boxes for side in (first, first + 2)]) for first in (0, 1))
    cells = _cells(boxes, across, down)
    z = np.where(cells >= 0, np.append(np.asarray(values, dtype=float), np.nan)[cells], np.nan)
    limit = scale_of(z)
    figure = go.Figure([
        go.Heatmap(x=across, y=down, z=z, zmin=-limit, zmax=limit, colorscale=diverging_scale(_STRONGEST),
                   hoverinfo="skip", colorbar={"thickness": 10, "outlinewidth": 0, "title": {"text": tr("adds")}}),
        _hover(boxes, values, labels, height / max(len(down) - 1, 1)),
    ])  # fmt: skip
    figure.add_layout_image(
        source=picture, xref="x", yref="y", x=0, y=0, sizex=1, sizey=1, sizing="stretch", layer="below"
    )
    figure.update_layout(
        shapes=_outlines(across, down, z / limit),
        height=height, margin={"l": 4, "r": 4, "t": 4, "b": 4}, showlegend=False, dragmode=False,
        clickmode="event+select", plot_bgcolor="rgba(0,0,0,0)", hoverlabel=HOVER,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1], visible=False, constrain="domain")
    figure.update_yaxes(
        range=[1, 0], visible=False, scaleanchor="x", scaleratio=size[1] / max(size[0], 1), constrain="domain"
    )
    return figure


def _edges(values: Sequence[float]) -> np.ndarray:
    """Return the distinct edges in ascending order."""
    every = np.unique(np.asarray(values, dtype=float))
    return every[np.append(True, np.diff(every) > _SAME)] if len(every) else np.array([0.0, 1.0])


def _cells(boxes: Sequence[tuple[float, ...]], across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return (rows, columns): the number of the box that covers each field between the edges, or -1."""
    x, y = (across[:-1] + across[1:]) / 2, (down[:-1] + down[1:]) / 2
    cells = np.full((len(y), len(x)), -1)
    for number, (left, top, right, bottom) in enumerate(boxes):
        cells[np.ix_((y > top) & (y < bottom), (x > left) & (x < right))] = number
    return cells


def _outlines(across: np.ndarray, down: np.ndarray, shares: np.ndarray) -> list[dict[str, Any]]:
    """Return solid outlines around the most positive regions and dashed ones around the most negative, in white."""
    found = []
    for sign, dash in ((1, "solid"), (-1, "dash")):
        path = _border(across, down, sign * np.nan_to_num(shares) >= _OUTLINED)
        for line in ({"width": 4, "color": tint(sign, 1.0)}, {"width": 1.5, "color": "#FFFFFF", "dash": dash}):
            found += [{"type": "path", "path": path, "line": line}] if path else []
    return found


def _border(across: np.ndarray, down: np.ndarray, inside: np.ndarray) -> str:
    """Return an SVG path along the edges between fields `inside` (rows, columns) and those that are not."""
    framed = np.pad(inside, 1)
    upright, level = framed[1:-1, 1:] != framed[1:-1, :-1], framed[1:, 1:-1] != framed[:-1, 1:-1]
    lines = [(across[j], down[i], across[j], down[i + 1]) for i, j in zip(*np.nonzero(upright))]
    lines += [(across[j], down[i], across[j + 1], down[i]) for i, j in zip(*np.nonzero(level))]
    return "".join(f"M{a:.5f},{b:.5f}L{c:.5f},{d:.5f}" for a, b, c, d in lines)


def _hover(boxes: Sequence[tuple[float, ...]], values: np.ndarray, labels: Sequence[str], side: float) -> go.Scatter:
    """Return nearly invisible squares over the cells, because plotly reports no clicks on heat maps."""
    middle = np.asarray(boxes, dtype=float).reshape(-1, 4)
    names = [plain_label(label) for label in labels] or [
        tr("part {number}", number=number) for number in range(1, len(boxes) + 1)
    ]
    return go.Scatter(
        x=middle[:, ::2].mean(axis=1),
        y=middle[:, 1::2].mean(axis=1),
        mode="markers",
        hovertext=[tr("{name}<br>adds {value:+.4f}", name=name, value=value) for name, value in zip(names, values)],
        hoverinfo="text",
        customdata=np.arange(len(boxes))[:, None],
        marker={"symbol": "square", "size": side, "opacity": 0.01, "color": "#8A94A3"},
        selected={"marker": {"opacity": 0.25, "color": "#FFFFFF"}},
        unselected={"marker": {"opacity": 0.01}},
    )
