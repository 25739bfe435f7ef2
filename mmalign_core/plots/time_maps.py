"""Timelines of sounds and videos with the share of each segment in a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, OTHER_COLOUR, scale_of, tint
from mmalign_core.plots.labels import plain_label
from mmalign_core.wording import tr, tr_word

COLUMNS = 800
"""Columns of a waveform or spectrogram. Chosen: a screen shows no more, and more make the figure slow."""


def envelope(waveform: np.ndarray, seconds: float, most: float = 1.0, yaxis: str = "y") -> go.Scatter:
    """Return the lowest and highest sample of each column over `seconds`. The height is 90% of `most`."""
    columns = np.array_split(np.nan_to_num(np.asarray(waveform, dtype=float)), min(COLUMNS, max(len(waveform), 1)))
    high, low = (np.array([edge(column, initial=0.0) for column in columns]) for edge in (np.max, np.min))
    loudest = max(float(np.max(np.abs([high, low]))), 1e-9)
    x = (np.arange(len(columns)) + 0.5) * seconds / len(columns)
    outline = np.concatenate([high, low[::-1]]) * 0.9 * most / loudest
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]), y=outline, mode="lines", line={"width": 0}, fill="toself",
        fillcolor="rgba(138,148,163,0.45)", hoverinfo="skip", yaxis=yaxis,
    )  # fmt: skip


def bars(edges: np.ndarray, values: np.ndarray, opacity: float, yaxis: str = "y2") -> go.Bar:
    """Return one bar per segment (p, 2) in seconds: violet and upwards for positive values, gold for negative ones."""
    sides = np.sign(values)
    line = {"width": 1, "color": [tint(side, 1.0) for side in sides]}
    return go.Bar(
        x=edges.mean(axis=1), width=edges[:, 1] - edges[:, 0], y=values, yaxis=yaxis, hoverinfo="skip",
        marker={"color": [tint(side, opacity) for side in sides], "line": line},
        unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def fields(
    edges: np.ndarray, values: np.ndarray, labels: Sequence[str], most: float, yaxis: str = "y2", first: int = 0
) -> go.Bar:
    """Return nearly invisible bars of full height, so that segments with a share of 0 can be hovered and clicked too.

    Their `customdata` is (number,), counted from `first`.
    """
    names = [plain_label(label) for label in labels] or [f"{start:.1f}–{end:.1f} s" for start, end in edges]
    return go.Bar(
        x=edges.mean(axis=1), width=edges[:, 1] - edges[:, 0], y=np.full(len(edges), 2.16 * most), base=-1.08 * most,
        yaxis=yaxis, customdata=first + np.arange(len(edges))[:, None], hoverinfo="text",
        hovertext=[tr("{name}<br>adds {value:+.4f}", name=name, value=value) for name, value in zip(names, values)],
        marker={"color": OTHER_COLOUR, "opacity": 0.01, "line": {"width": 0}},
        selected={"marker": {"opacity": 0.25}}, unselected={"marker": {"opacity": 0.01}},
    )  # fmt: skip


def share_axis(most: float) -> dict[str, object]:
    """Return the axis of the shares of segments, symmetric about zero."""
    return {
        "range": [-1.08 * most, 1.08 * most], "tickvals": [-most, 0, most],
        "ticktext": [f"{-most:+.3g}", "0", f"{most:+.3g}"], "fixedrange": True, "showgrid": False, "zeroline": True,
        "zerolinecolor": OTHER_COLOUR, "automargin": True,
    }  # fmt: skip


_ROWS = 96
"""Largest number of frequency bands. Chosen: more cannot be told apart at a height of 260 pixels."""


def sound_map_figure(
    waveform: np.ndarray,
    rate: int,
    spans: Sequence[tuple[float, ...]],
    values: np.ndarray,
    labels: Sequence[str] = (),
    *,
    spectrogram: np.ndarray | None = None,
    height: int = 260,
) -> go.Figure:
    """Return a sound with one bar per segment over its spectrogram or waveform.

    `waveform` (n,): `rate` samples a second. `spans` (p,): (start, end) in seconds. `values` (p,): shares of the
    score. `spectrogram` (bands, frames): low bands first, over the same time; without it the waveform is drawn.
    Bars are violet and upwards for positive values, gold and downwards for negative ones. The `customdata` of a click
    is (number of the segment,), so that a page can play it.
    """
    seconds = len(waveform) / rate
    values = np.asarray(values, dtype=float)
    most = scale_of(values)
    behind = envelope(waveform, seconds) if spectrogram is None else _bands(spectrogram, seconds)
    edges, opacity = np.asarray(spans, dtype=float).reshape(-1, 2), 0.5 if spectrogram is None else 0.6
    figure = go.Figure([behind, bars(edges, values, opacity), fields(edges, values, labels, most)])
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False, dragmode=False,
        clickmode="event+select", bargap=0, barmode="overlay", hoverlabel=HOVER,
        xaxis={"title": {"text": tr("seconds")}, "range": [0, seconds], "showgrid": False, "zeroline": False},
        yaxis={"visible": False, "range": [-1, 1], "fixedrange": True},
        yaxis2={**share_axis(most), "title": {"text": "adds"}, "overlaying": "y"},
    )  # fmt: skip
    return figure


def _bands(spectrogram: np.ndarray, seconds: float) -> go.Heatmap:
    """Return the spectrogram in grey. Neighbouring frames are averaged if there are too many."""
    z = _thinned(_thinned(np.nan_to_num(np.asarray(spectrogram, dtype=float)), _ROWS).T, COLUMNS).T
    return go.Heatmap(
        z=z, x=np.linspace(0, seconds, z.shape[1] + 1), y=np.linspace(-1, 1, z.shape[0] + 1), hoverinfo="skip",
        showscale=False, colorscale=[(0, "rgba(138,148,163,0)"), (1, "rgba(138,148,163,0.95)")],
    )  # fmt: skip


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else np.stack([block.mean(axis=0) for block in np.array_split(rows, most)])


TILES = 8
"""Frames in the strip. Chosen: more would be too small to recognise at the width of a page."""
_STRIP, _GAP = 52, 16
"""Pixels: height of the strip of frames, and the gap below it and between rows of bars. Chosen by eye."""


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
    """Return a strip of frames of a video above one row of bars for each sense.

    `tiles`: data URIs of frames, each drawn over an equal share of the time. `spans` (p,): (start, end) in seconds.
    `values` (p,): shares of the score. `senses` (p,): the row of each segment; empty puts all into one row. The rows
    share one scale, and their titles give the sums. Violet and upwards is positive, gold and downwards negative. The
    `waveform`, at `rate` samples a second, is drawn behind the row of the sound, else behind the only row. The
    `customdata` of a click is (number of the segment,).
    """
    edges, values = np.asarray(spans, dtype=float).reshape(-1, 2), np.asarray(values, dtype=float)
    row_of, names = list(senses) or [""] * len(values), list(labels) or [""] * len(values)
    rows, seconds, most = list(dict.fromkeys(row_of)), float(edges[:, 1].max(initial=1e-9)), scale_of(values)
    figure = go.Figure()
    for number, row in enumerate(rows):
        own = np.flatnonzero([sense == row for sense in row_of])
        axis = f"y{number + 1}" if number else "y"
        if waveform is not None and len(waveform) and rate and row in ("", "heard"):
            figure.add_trace(envelope(waveform, len(waveform) / rate, most, axis))
        figure.add_trace(bars(edges[own], values[own], 0.5, axis))
        figure.add_trace(
            fields(edges[own], values[own], [names[i] for i in own] if labels else (), most, axis, int(own[0]))
        )
    totals = [sum(value for value, sense in zip(values, row_of) if sense == row) for row in rows]
    titles = [f"{tr_word(row)} {total:+.2f}" if row else tr("adds") for row, total in zip(rows, totals)]
    _lay_out(figure, titles, seconds, most, height)
    figure.update_layout(images=_strip(tiles, seconds, height))
    return figure


def _lay_out(figure: go.Figure, titles: Sequence[str], seconds: float, most: float, height: int) -> None:
    """Add one axis per row, below the strip."""
    top = 1 - (_STRIP + _GAP) / (height - 48)
    gap = _GAP / (height - 48)
    size = (top - gap * (len(titles) - 1)) / max(len(titles), 1)
    axes = {
        f"yaxis{number + 1 if number else ''}": {
            **share_axis(most),
            "title": {"text": title},
            "domain": [max(top - (number + 1) * size - number * gap, 0), top - number * (size + gap)],
        }
        for number, title in enumerate(titles)
    }
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 4, "b": 44}, showlegend=False, dragmode=False,
        clickmode="event+select", bargap=0, barmode="overlay", hoverlabel=HOVER,
        xaxis={"title": {"text": tr("seconds")}, "range": [0, seconds], "showgrid": False, "zeroline": False,
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
