"""A sound's waveform or spectrogram with what each segment adds to a score over it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import OTHER_COLOUR
from mmalign_core.plots.diverging import scale_of, tint
from mmalign_core.plots.labels import plain_label

_COLUMNS = 800
"""More columns than a screen shows of a waveform or spectrogram only make the figure slow."""
_ROWS = 96


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
    behind = _waves(waveform, seconds) if spectrogram is None else _bands(spectrogram, seconds)
    edges, opacity = np.asarray(spans, dtype=float).reshape(-1, 2), 0.5 if spectrogram is None else 0.6
    figure = go.Figure([behind, _bars(edges, values, opacity), _hover(edges, values, labels, most)])
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False, dragmode=False,
        clickmode="event+select", bargap=0, barmode="overlay", hoverlabel={"align": "left"},
        xaxis={"title": {"text": "seconds"}, "range": [0, seconds], "showgrid": False, "zeroline": False},
        yaxis={"visible": False, "range": [-1, 1], "fixedrange": True},
        yaxis2={"title": {"text": "adds"}, "overlaying": "y", "range": [-1.08 * most, 1.08 * most],
                "tickvals": [-most, 0, most], "ticktext": [f"{-most:+.3g}", "0", f"{most:+.3g}"], "fixedrange": True,
                "showgrid": False, "zeroline": True, "zerolinecolor": OTHER_COLOUR, "automargin": True},
    )  # fmt: skip
    return figure


def _waves(waveform: np.ndarray, seconds: float) -> go.Scatter:
    """The envelope, lowest and highest sample of each column, at 90% of the height."""
    columns = np.array_split(np.nan_to_num(np.asarray(waveform, dtype=float)), min(_COLUMNS, max(len(waveform), 1)))
    high, low = (np.array([edge(column, initial=0.0) for column in columns]) for edge in (np.max, np.min))
    loudest = max(float(np.max(np.abs([high, low]))), 1e-9)
    x = (np.arange(len(columns)) + 0.5) * seconds / len(columns)
    outline = np.concatenate([high, low[::-1]]) * 0.9 / loudest
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]), y=outline, mode="lines", line={"width": 0}, fill="toself",
        fillcolor="rgba(138,148,163,0.45)", hoverinfo="skip",
    )  # fmt: skip


def _bands(spectrogram: np.ndarray, seconds: float) -> go.Heatmap:
    """The spectrogram in grey, mean of neighbouring frames where there are too many."""
    z = _thinned(_thinned(np.nan_to_num(np.asarray(spectrogram, dtype=float)), _ROWS).T, _COLUMNS).T
    return go.Heatmap(
        z=z, x=np.linspace(0, seconds, z.shape[1] + 1), y=np.linspace(-1, 1, z.shape[0] + 1), hoverinfo="skip",
        showscale=False, colorscale=[(0, "rgba(138,148,163,0)"), (1, "rgba(138,148,163,0.95)")],
    )  # fmt: skip


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else np.stack([block.mean(axis=0) for block in np.array_split(rows, most)])


def _bars(edges: np.ndarray, values: np.ndarray, opacity: float) -> go.Bar:
    sides = np.sign(values)
    line = {"width": 1, "color": [tint(side, 1.0) for side in sides]}
    return go.Bar(
        x=edges.mean(axis=1), width=edges[:, 1] - edges[:, 0], y=values, yaxis="y2", hoverinfo="skip",
        marker={"color": [tint(side, opacity) for side in sides], "line": line},
        unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def _hover(edges: np.ndarray, values: np.ndarray, labels: Sequence[str], most: float) -> go.Bar:
    """Nearly invisible bars of full height: what adds nothing can be pointed at and played too."""
    names = [plain_label(label) for label in labels] or [f"{start:.1f}–{end:.1f} s" for start, end in edges]
    return go.Bar(
        x=edges.mean(axis=1), width=edges[:, 1] - edges[:, 0], y=np.full(len(edges), 2.16 * most), base=-1.08 * most,
        yaxis="y2", customdata=np.arange(len(edges))[:, None], hoverinfo="text",
        hovertext=[f"{name}<br>adds {value:+.4f}" for name, value in zip(names, values)],
        marker={"color": OTHER_COLOUR, "opacity": 0.01, "line": {"width": 0}},
        selected={"marker": {"opacity": 0.25}}, unselected={"marker": {"opacity": 0.01}},
    )  # fmt: skip
