"""A sound's waveform or spectrogram with what each segment adds to a score over it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, scale_of
from mmalign_core.plots.segments import COLUMNS, adding_axis, bars, envelope, fields

_ROWS = 96
"""Frequency bands drawn at most. Chosen: more cannot be told apart at a height of 260 pixels."""


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
    """`waveform` (n,) at `rate` samples a second; `spans` (p,) seconds (start, end), `values` (p,) what each adds.

    The sound lies behind: its `spectrogram` (bands, frames), low bands first, over the same time if given, else the
    waveform. One bar per segment lies over it: up and blue adds, down and orange takes away. Clicks anywhere in a
    segment come as `customdata` = (its number,), so that a page can play it.
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
        xaxis={"title": {"text": "seconds"}, "range": [0, seconds], "showgrid": False, "zeroline": False},
        yaxis={"visible": False, "range": [-1, 1], "fixedrange": True},
        yaxis2={**adding_axis(most), "title": {"text": "adds"}, "overlaying": "y"},
    )  # fmt: skip
    return figure


def _bands(spectrogram: np.ndarray, seconds: float) -> go.Heatmap:
    """The spectrogram in grey, mean of neighbouring frames where there are too many."""
    z = _thinned(_thinned(np.nan_to_num(np.asarray(spectrogram, dtype=float)), _ROWS).T, COLUMNS).T
    return go.Heatmap(
        z=z, x=np.linspace(0, seconds, z.shape[1] + 1), y=np.linspace(-1, 1, z.shape[0] + 1), hoverinfo="skip",
        showscale=False, colorscale=[(0, "rgba(138,148,163,0)"), (1, "rgba(138,148,163,0.95)")],
    )  # fmt: skip


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else np.stack([block.mean(axis=0) for block in np.array_split(rows, most)])
