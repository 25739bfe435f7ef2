"""Traces of a chart over time: the envelope of a sound, what each segment adds as bars, and fields to point at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import OTHER_COLOUR, tint
from mmalign_core.plots.labels import plain_label

COLUMNS = 800
"""More columns than a screen shows of a waveform or spectrogram only make the figure slow."""


def envelope(waveform: np.ndarray, seconds: float, most: float = 1.0, yaxis: str = "y") -> go.Scatter:
    """Lowest and highest sample of each column, as high as 90% of `most`, over so many seconds."""
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
    """One per segment (p, 2) seconds: up and blue adds, down and orange takes away."""
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
    """Nearly invisible bars of full height: what adds nothing can be pointed at and clicked too.

    Their `customdata` is (number,), counted from `first`.
    """
    names = [plain_label(label) for label in labels] or [f"{start:.1f}–{end:.1f} s" for start, end in edges]
    return go.Bar(
        x=edges.mean(axis=1), width=edges[:, 1] - edges[:, 0], y=np.full(len(edges), 2.16 * most), base=-1.08 * most,
        yaxis=yaxis, customdata=first + np.arange(len(edges))[:, None], hoverinfo="text",
        hovertext=[f"{name}<br>adds {value:+.4f}" for name, value in zip(names, values)],
        marker={"color": OTHER_COLOUR, "opacity": 0.01, "line": {"width": 0}},
        selected={"marker": {"opacity": 0.25}}, unselected={"marker": {"opacity": 0.01}},
    )  # fmt: skip


def adding_axis(most: float) -> dict[str, object]:
    """The axis of what segments add, symmetric about zero."""
    return {
        "range": [-1.08 * most, 1.08 * most], "tickvals": [-most, 0, most],
        "ticktext": [f"{-most:+.3g}", "0", f"{most:+.3g}"], "fixedrange": True, "showgrid": False, "zeroline": True,
        "zerolinecolor": OTHER_COLOUR, "automargin": True,
    }  # fmt: skip
