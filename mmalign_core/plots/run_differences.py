"""What differs between two runs: metrics with paired intervals, and their maps side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mmalign_core.plots.colours import HOVER, MODALITY_SYMBOLS, OTHER_COLOUR, modality_colour
from mmalign_core.plots.labels import measure_word, plain_label
from mmalign_core.plots.map_marks import STRONG
from mmalign_core.plots.metric_bars import arrow, whiskers
from mmalign_core.plots.space_map import point_size
from mmalign_core.wording import tr

_SHOWN = ("recall@1", "recall@5", "recall@10", "mrr")
_ROOM = 0.01
"""Least room beyond the intervals, as a share: one point in a hundred, the least that the axis can tell."""
WEBGL_FROM = 6000
"""Points above which WebGL draws a map, as in `space_map`."""


def run_difference_figure(metrics: Mapping[str, Mapping[str, Mapping[str, Any]]], *, height: int = 260) -> go.Figure:
    """Return the difference of each metric (B less A) with its paired 95% interval, one colour per direction.

    `metrics`: direction -> metric -> a, b, value, ci95 and p, as `DirectionDifference.metrics` returns them.
    """
    figure = go.Figure()
    for number, (way, rows) in enumerate(metrics.items()):
        names = [name for name in _SHOWN if name in rows]
        values = [rows[name]["value"] for name in names]
        shift = 0.16 * (number - (len(metrics) - 1) / 2) * 2
        figure.add_trace(
            go.Scatter(
                name=arrow(way), x=values, y=[place + shift for place in range(len(names))], mode="markers",
                marker={"size": 10, "color": modality_colour(way.partition("->")[0])},
                error_x=whiskers(values, [rows[name]["ci95"] for name in names]),
                customdata=[[measure_word(name), *rows[name]["ci95"], rows[name]["p"]] for name in names],
                hovertemplate="%{customdata[0]}: %{x:+.1%} (95% %{customdata[1]:+.1%} to %{customdata[2]:+.1%})"
                "<br>p %{customdata[3]:.3f}<extra>" + arrow(way) + "</extra>",
            )
        )  # fmt: skip
    names = [name for name in _SHOWN if all(name in rows for rows in metrics.values())]
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=list(map(measure_word, names)), range=[len(names) - 0.5, -0.5]
    )
    figure.update_xaxes(
        zeroline=True, zerolinecolor=OTHER_COLOUR, zerolinewidth=1.5, tickformat="+.1~%", nticks=8,
        range=_difference_range(metrics),
        title=tr("difference with its paired 95% interval"),
    )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1.04, "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def _difference_range(metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[float]:
    """Return a range that holds 0 and every interval, with some room; both sides of 0 where nothing differs."""
    ends = [end for rows in metrics.values() for name in _SHOWN if name in rows for end in rows[name]["ci95"]]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = max(0.05 * (high - low), _ROOM)
    return [low - room, high + room]


def two_maps_figure(
    maps: Sequence[pd.DataFrame],
    labels: Sequence[Sequence[str]],
    titles: Sequence[str],
    *,
    chosen: Sequence[str] = (),
    height: int = 460,
) -> go.Figure:
    """Return two maps side by side, with rings around the media of the `chosen` items in both.

    `maps`: columns item, modality, x and y, one row per medium. `labels`: the hover label of each. `titles`: of the
    runs. The `customdata` of a point is (item, modality).
    """
    shown = [f"<b>{plain_label(title, 60)}</b>" for title in titles]
    figure = make_subplots(1, 2, subplot_titles=shown, horizontal_spacing=0.03)
    seen: set[str] = set()
    for column, (rows, words) in enumerate(zip(maps, labels), 1):
        for modality in dict.fromkeys(rows["modality"]):
            figure.add_trace(_points(rows, words, modality, legend=modality not in seen), 1, column)
            seen.add(modality)
        held = rows.iloc[np.flatnonzero(rows["item"].isin(list(chosen)))]
        ring = {"symbol": "circle-open", "size": 18, "color": STRONG, "line": {"width": 3}}
        figure.add_trace(
            go.Scatter(
                x=held["x"], y=held["y"], mode="markers", hoverinfo="skip", showlegend=False, marker=ring,
                name=tr("selected"),
            ), 1, column,
        )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 56, "b": 0}, clickmode="event+select", dragmode="pan",
        legend={"orientation": "h", "x": 0, "y": 1.08, "yanchor": "bottom", "itemsizing": "constant"},
        hoverlabel=HOVER, uirevision="maps",
    )  # fmt: skip
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "title": "", "visible": False}
    figure.update_xaxes(**bare)
    figure.update_yaxes(**bare)
    return figure


def _points(rows: pd.DataFrame, labels: Sequence[str], modality: str, *, legend: bool) -> go.Scattergl | go.Scatter:
    """Return the points of one modality on one of the maps."""
    places = np.flatnonzero(rows["modality"] == modality)
    held = rows.iloc[places]
    kind = go.Scattergl if len(rows) > WEBGL_FROM else go.Scatter
    return kind(
        name=modality, legendgroup=modality, showlegend=legend, x=held["x"], y=held["y"], mode="markers",
        hovertext=[f"{plain_label(labels[place])}<br>{modality}" for place in places.tolist()], hoverinfo="text",
        customdata=held[["item", "modality"]].to_numpy(dtype=object),
        marker={"size": point_size(len(rows)), "color": modality_colour(modality), "opacity": 0.85,
                "symbol": MODALITY_SYMBOLS.get(modality, "x")},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.85}},
    )  # fmt: skip
