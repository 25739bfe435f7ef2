"""A video as a strip of frames over time, with what each stretch adds to a score by what is seen and what is heard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, scale_of
from mmalign_core.plots.segments import adding_axis, bars, envelope, fields

TILES = 8
"""Frames in the strip. Chosen: more would be too small to recognise at the width of a page."""
_STRIP, _GAP = 52, 16
"""Pixels: height of the strip of frames, and what lies between it and the bars or between rows of bars."""


def video_map_figure(
    tiles: Sequence[str],
    spans: Sequence[tuple[float, ...]],
    values: np.ndarray,
    labels: Sequence[str] = (),
    senses: Sequence[str] = (),
    *,
    waveform: np.ndarray | None = None,
    rate: int = 0,
    height: int = 260,
) -> go.Figure:
    """`tiles`: data URIs of frames, each shown over an equal share of the time; `spans` (p,) seconds (start, end),
    `values` (p,) what each adds; `senses` (p,) tell in which row it belongs, all in one if there are none.

    The rows share one scale and say their sums: up and blue adds, down and orange takes away. The `waveform`, at
    `rate`, lies behind the row that is heard, else behind the only one. Clicks in a segment come as `customdata` =
    (its number,).
    """
    edges, values = np.asarray(spans, dtype=float).reshape(-1, 2), np.asarray(values, dtype=float)
    told, names = list(senses) or [""] * len(values), list(labels) or [""] * len(values)
    rows, seconds, most = list(dict.fromkeys(told)), float(edges[:, 1].max(initial=1e-9)), scale_of(values)
    figure = go.Figure()
    for number, row in enumerate(rows):
        own = np.flatnonzero([sense == row for sense in told])
        axis = f"y{number + 1}" if number else "y"
        if waveform is not None and len(waveform) and rate and row in ("", "heard"):
            figure.add_trace(envelope(waveform, len(waveform) / rate, most, axis))
        figure.add_trace(bars(edges[own], values[own], 0.5, axis))
        figure.add_trace(
            fields(edges[own], values[own], [names[i] for i in own] if labels else (), most, axis, int(own[0]))
        )
    totals = [sum(value for value, sense in zip(values, told) if sense == row) for row in rows]
    titles = [f"{row} {total:+.2f}" if row else "adds" for row, total in zip(rows, totals)]
    _lay_out(figure, titles, seconds, most, height)
    figure.update_layout(images=_strip(tiles, seconds, height))
    return figure


def _lay_out(figure: go.Figure, titles: Sequence[str], seconds: float, most: float, height: int) -> None:
    """One axis a row, below the strip."""
    top = 1 - (_STRIP + _GAP) / (height - 48)
    gap = _GAP / (height - 48)
    size = (top - gap * (len(titles) - 1)) / max(len(titles), 1)
    axes = {
        f"yaxis{number + 1 if number else ''}": {
            **adding_axis(most),
            "title": {"text": title},
            "domain": [max(top - (number + 1) * size - number * gap, 0), top - number * (size + gap)],
        }
        for number, title in enumerate(titles)
    }
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 4, "b": 44}, showlegend=False, dragmode=False,
        clickmode="event+select", bargap=0, barmode="overlay", hoverlabel=HOVER,
        xaxis={"title": {"text": "seconds"}, "range": [0, seconds], "showgrid": False, "zeroline": False,
               "anchor": f"y{len(titles)}" if len(titles) > 1 else "y"},
    )  # fmt: skip
    figure.update_layout(axes)


def _strip(tiles: Sequence[str], seconds: float, height: int) -> list[dict[str, object]]:
    wide = seconds / max(len(tiles), 1)
    return [
        {
            "source": uri, "xref": "x", "yref": "paper", "x": place * wide, "y": 1, "sizex": wide,
            "sizey": _STRIP / (height - 48), "sizing": "fill", "xanchor": "left", "yanchor": "top", "layer": "above",
        }
        for place, uri in enumerate(tiles)
    ]  # fmt: skip
