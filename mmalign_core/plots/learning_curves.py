"""Quality against the number of pairs an aligner was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mmalign_core.plots.colours import CATEGORY_COLOURS, MODALITY_COLOURS
from mmalign_core.plots.labels import measure_word, plain_label
from mmalign_core.plots.metric_bars import arrow, whiskers

_MODALITIES = set(MODALITY_COLOURS.values())
_COLOURS = sorted(CATEGORY_COLOURS, key=lambda colour: colour in _MODALITIES)
"""Those of the modalities come last: no aligner should look like one while others are free."""

Point = Mapping[str, Any]


def learning_figure(curves: Mapping[str, Sequence[Point]], metric: str, *, height: int = 380) -> go.Figure:
    """One panel per direction, one line per aligner with 95% intervals; `curves`: aligner -> `workflow.learning_curve`.

    Points where an aligner could not be fitted are left out.
    """
    fitted = {name: [p for p in points if not p["error"]] for name, points in curves.items()}
    directions = list(next((p["metrics"] for points in fitted.values() for p in points), {}))
    titles = [arrow(direction) for direction in directions]
    figure = make_subplots(
        1, max(1, len(directions)), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03
    )
    colours = dict(zip(curves, cycle(_COLOURS)))
    for column, direction in enumerate(directions, 1):
        for name, points in fitted.items():
            figure.add_trace(_line(name, points, direction, metric, colours[name], legend=column == 1), 1, column)
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 48, "b": 8}, hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.1, "yanchor": "bottom"},
    )  # fmt: skip
    pairs = sorted({point["pairs"] for points in fitted.values() for point in points})
    figure.update_xaxes(type="log", title="pairs in the fit", tickvals=pairs, ticktext=[f"{n:,}" for n in pairs])
    figure.update_yaxes(rangemode="tozero", tickformat=".0%", nticks=7)
    figure.update_yaxes(title=measure_word(metric), col=1)
    return figure


def _line(name: str, points: Sequence[Point], direction: str, metric: str, colour: str, *, legend: bool) -> go.Scatter:
    values = [point["metrics"][direction][metric] for point in points]
    bounds = [point["ci95"][direction].get(metric, (value, value)) for point, value in zip(points, values)]
    return go.Scatter(
        name=plain_label(name), x=[point["pairs"] for point in points], y=values, mode="lines+markers",
        line={"color": colour, "width": 2}, marker={"size": 7}, legendgroup=name, showlegend=legend,
        error_y=whiskers(values, bounds, thickness=1.2, width=4),
        hovertemplate="%{y:.1%}",
    )  # fmt: skip
