"""Retrieval metrics of both directions as bars with their confidence intervals and the shuffled baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from mmalign_core.plots.colours import OTHER_COLOUR, modality_colour
from mmalign_core.plots.labels import measure_word
from mmalign_core.wording import say_way, tr, tr_any

SHOWN = ("accuracy", "recall@1", "recall@5", "recall@10", "mrr")


def arrow(direction: str) -> str:
    """Return the direction for display: 'image->text' becomes 'image → text'."""
    return tr_any(say_way(direction))


def metric_figure(
    metrics: Mapping[str, Mapping[str, float]],
    ci95: Mapping[str, Mapping[str, Sequence[float]]],
    baseline: Mapping[str, Mapping[str, float]],
    *,
    names: Sequence[str] = SHOWN,
    label: Callable[[str], str] = arrow,
    height: int = 340,
) -> go.Figure:
    """Return one bar group per metric with one bar per direction ('image->text'). Whiskers are 95% intervals.

    The grey tick across a bar is the score of shuffled pairs. Metrics that a direction lacks are left out.
    `label`: returns the legend's text for a direction.
    """
    figure = go.Figure()
    for direction, values in metrics.items():
        shown = [name for name in names if name in values]
        figure.add_trace(_bars(direction, label(direction), shown, values, ci95.get(direction, {})))
    for direction, values in baseline.items():
        shown = [name for name in names if name in values and name in metrics.get(direction, {})]
        first = direction == next(iter(baseline))
        figure.add_trace(_baseline(direction, shown, values, size=44 // len(baseline), first=first))
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, barmode="group", scattermode="group", bargap=0.35,
        bargroupgap=0.08, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}, hovermode="x unified",
    )  # fmt: skip
    figure.update_yaxes(range=[0, 1.04 * _top(metrics, ci95, names)], tickformat=".0%", nticks=6)
    return figure


def _top(
    metrics: Mapping[str, Mapping[str, float]], ci95: Mapping[str, Mapping[str, Any]], names: Sequence[str]
) -> float:
    """Return the upper limit of the axis: the next quarter above everything drawn, at most 1."""
    drawn = [v for values in metrics.values() for name, v in values.items() if name in names]
    drawn += [bounds[1] for way in ci95.values() for name, bounds in way.items() if name in names]
    return min(1.0, math.ceil(4 * max(drawn, default=1.0)) / 4 or 0.25)


def _bars(
    direction: str,
    label: str,
    names: Sequence[str],
    values: Mapping[str, float],
    intervals: Mapping[str, Sequence[float]],
) -> go.Bar:
    heights = [values[name] for name in names]
    bounds = [intervals.get(name, (values[name], values[name])) for name in names]
    return go.Bar(
        name=label, x=[measure_word(name) for name in names], y=heights, offsetgroup=direction,
        marker={"color": modality_colour(direction.partition("->")[0]), "cornerradius": 4},
        error_y=whiskers(heights, bounds), hovertemplate="%{y:.1%}",
    )  # fmt: skip


def _baseline(
    direction: str, names: Sequence[str], values: Mapping[str, float], *, size: int, first: bool
) -> go.Scatter:
    """Return a tick across each bar, narrower where many bars share the width."""
    tick = {"color": OTHER_COLOUR, "line": {"width": 2.5, "color": OTHER_COLOUR}}
    return go.Scatter(
        name=tr("shuffled pairs"), x=[measure_word(name) for name in names], y=[values[name] for name in names],
        mode="markers", offsetgroup=direction, showlegend=first, legendgroup="baseline",
        hovertemplate=tr("%{y:.1%} when shuffled"), marker={"symbol": "line-ew", "size": size, **tick},
    )  # fmt: skip


def whiskers(
    values: Sequence[float], bounds: Sequence[Sequence[float]], *, thickness: float = 1.4, width: float = 5
) -> dict[str, Any]:
    """Return plotly's `error_x` or `error_y` for values with `bounds` (low, high)."""
    return {
        "type": "data",
        "symmetric": False,
        "thickness": thickness,
        "width": width,
        "color": OTHER_COLOUR,
        "array": [max(0.0, high - value) for value, (_, high) in zip(values, bounds)],
        "arrayminus": [max(0.0, value - low) for value, (low, _) in zip(values, bounds)],
    }
