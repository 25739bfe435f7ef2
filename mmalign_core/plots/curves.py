"""Curves: the history of a fit, quality by the number of pairs, and quality by the threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mmalign_core.plots.colours import CATEGORY_COLOURS, MODALITY_COLOURS, OTHER_COLOUR
from mmalign_core.plots.labels import measure_word, plain_label
from mmalign_core.plots.metric_bars import arrow, whiskers
from mmalign_core.wording import tr

_COLOURS = (CATEGORY_COLOURS[4], CATEGORY_COLOURS[5], CATEGORY_COLOURS[6], CATEGORY_COLOURS[7])


def fit_figure(history: Sequence[Mapping[str, float]], *, title: str = "", height: int = 240) -> go.Figure:
    """Return the curves of a fit: losses on the left axis, other measures (validation, temperature) on the right one.

    The right axis has dotted lines. Without a loss, each number gets its own panel, since the numbers share no unit.
    `history`: rows that may hold `step` and any other numbers. A row without a number adds no point to its curve.
    Numbers that are constant or were measured once are drawn only if there is nothing else. Curves break where the
    steps restart (another fold or restart). `height`: pixels, without the legend of many names.
    """
    names = _varying(history)
    losses = any("loss" in name for name in names)
    figure = _two_axes(history, names) if losses or len(names) < 2 else _panels(history, names)
    figure.update_xaxes(
        {"title": tr("step") if is_training(history) else tr("setting tried")}, lambda axis: axis.matches is None
    )
    legend = 18 * max(0, len(names) - 2) if losses else 0
    top = (8 + 56 * bool(title) if losses or len(names) < 2 else 28 + 20 * bool(title)) + legend
    figure.update_layout(
        height=height + legend, margin={"l": 8, "r": 8, "t": top, "b": 8}, hovermode="x unified",
        title={"text": plain_label(title), "font": {"size": 14}, "y": 1, "yanchor": "top"} if title else None,
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def is_training(history: Sequence[Mapping[str, float]]) -> bool:
    """Whether the history has steps. The history of a closed-form aligner lists the values tried and has none."""
    return sum("step" in row for row in history) > 1


def _two_axes(history: Sequence[Mapping[str, float]], names: Sequence[str]) -> go.Figure:
    figure = go.Figure()
    for place, name in enumerate(names):
        left = "loss" in name or len(names) == 1
        figure.add_trace(_line(history, name, place, yaxis="y" if left else "y2", dash="solid" if left else "dot"))
    right = [measure_word(name) for name in names if "loss" not in name and len(names) > 1]
    figure.update_layout(
        showlegend=True,
        yaxis={"title": tr("loss") if len(right) < len(names) else None},
        yaxis2={"overlaying": "y", "side": "right", "showgrid": False, "tickformat": ".3~g",
                "title": right[0] if len(right) == 1 else None},
    )  # fmt: skip
    return figure


def _panels(history: Sequence[Mapping[str, float]], names: Sequence[str]) -> go.Figure:
    titles = [plain_label(measure_word(name)) for name in names]
    figure = make_subplots(len(names), 1, shared_xaxes=True, subplot_titles=titles, vertical_spacing=0.5 / len(names))
    for place, name in enumerate(names):
        figure.add_trace(_line(history, name, place), place + 1, 1)
    figure.update_layout(showlegend=False)
    figure.update_yaxes(nticks=3)
    figure.update_annotations(font_size=12)
    return figure


def _line(
    history: Sequence[Mapping[str, float]], name: str, place: int, *, dash: str = "solid", **axis: str
) -> go.Scatter:
    points = _curve(history, name)
    return go.Scatter(
        x=[step for step, _ in points], y=[value for _, value in points], name=plain_label(measure_word(name)),
        mode="lines+markers" if len(points) < 3 else "lines", **axis,
        line={"color": _COLOURS[place % len(_COLOURS)], "width": 2, "dash": dash}, hovertemplate="%{y:.4g}",
    )  # fmt: skip


def _varying(history: Sequence[Mapping[str, float]]) -> list[str]:
    """Return the names of the losses and of the measures that vary, or all names if there are none of these."""
    names = list(dict.fromkeys(name for row in history for name in row if name != "step"))
    values = {name: {row[name] for row in history if name in row} for name in names}
    return [name for name in names if "loss" in name or len(values[name]) > 1] or names


def latest_fit(history: Sequence[Mapping[str, float]]) -> Sequence[Mapping[str, float]]:
    """Return the rows since the steps last restarted: those of the current fit."""
    first = max((i for i in range(1, len(history)) if _restarts(history, i)), default=0)
    return history[first:]


def _restarts(history: Sequence[Mapping[str, float]], row: int) -> bool:
    return history[row].get("step", row) <= history[row - 1].get("step", row - 1)


def _curve(history: Sequence[Mapping[str, float]], name: str) -> list[tuple[float | None, float | None]]:
    """Return (step, value) of the rows that have this number, with a gap where the steps restart."""
    points: list[tuple[float | None, float | None]] = []
    for number, row in enumerate(history):
        if number and _restarts(history, number):
            points.append((None, None))
        if name in row:
            points.append((row.get("step", number), row[name]))
    return points


_MODALITIES = set(MODALITY_COLOURS.values())
_ALIGNER_COLOURS = sorted(CATEGORY_COLOURS, key=lambda colour: colour in _MODALITIES)
"""Colours of modalities come last, so that an aligner gets one only when no other is free."""

Point = Mapping[str, Any]


def learning_figure(curves: Mapping[str, Sequence[Point]], metric: str, *, height: int = 380) -> go.Figure:
    """Return one panel per direction with one line per aligner and its 95% intervals.

    `curves`: aligner -> `workflow.learning_curve`. Points where the fit of an aligner failed are left out.
    """
    fitted = {name: [p for p in points if not p["error"]] for name, points in curves.items()}
    directions = list(next((p["metrics"] for points in fitted.values() for p in points), {}))
    titles = [arrow(direction) for direction in directions]
    figure = make_subplots(
        1, max(1, len(directions)), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03
    )
    colours = dict(zip(curves, cycle(_ALIGNER_COLOURS)))
    for column, direction in enumerate(directions, 1):
        for name, points in fitted.items():
            figure.add_trace(
                _aligner_line(name, points, direction, metric, colours[name], legend=column == 1), 1, column
            )
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 48, "b": 8}, hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.1, "yanchor": "bottom"},
    )  # fmt: skip
    pairs = sorted({point["pairs"] for points in fitted.values() for point in points})
    figure.update_xaxes(type="log", title=tr("pairs in the fit"), tickvals=pairs, ticktext=[f"{n:,}" for n in pairs])
    figure.update_yaxes(rangemode="tozero", tickformat=".0%", nticks=7)
    figure.update_yaxes(title=measure_word(metric), col=1)
    return figure


def _aligner_line(
    name: str, points: Sequence[Point], direction: str, metric: str, colour: str, *, legend: bool
) -> go.Scatter:
    values = [point["metrics"][direction][metric] for point in points]
    bounds = [point["ci95"][direction].get(metric, (value, value)) for point, value in zip(points, values)]
    return go.Scatter(
        name=plain_label(name), x=[point["pairs"] for point in points], y=values, mode="lines+markers",
        line={"color": colour, "width": 2}, marker={"size": 7}, legendgroup=name, showlegend=legend,
        error_y=whiskers(values, bounds, thickness=1.2, width=4),
        hovertemplate="%{y:.1%}",
    )  # fmt: skip


def threshold_figure(
    thresholds: Sequence[float],
    precision: Sequence[float],
    recall: Sequence[float],
    suggested: float | None = None,
    *,
    height: int = 260,
) -> go.Figure:
    """Return the curves of precision and recall over the threshold, with a line at the suggested threshold."""
    figure = go.Figure()
    for name, values, colour in (("precision", precision, 4), ("recall", recall, 6)):
        line = {"color": CATEGORY_COLOURS[colour], "width": 2}
        mode = "lines" if len(thresholds) > 3 else "lines+markers"
        figure.add_scatter(x=thresholds, y=values, name=name, mode=mode, line=line, hovertemplate="%{y:.1%}")
    if suggested is not None:
        figure.add_vline(suggested, line={"dash": "dash", "color": OTHER_COLOUR}, annotation_text=f"{suggested:.3g}")
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_xaxes(title=tr("threshold"))
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%")
    return figure
