"""How a fit went: what a trained aligner measured step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mmalign_core.plots.colours import CATEGORY_COLOURS
from mmalign_core.plots.labels import measure_word, plain_label

_COLOURS = (CATEGORY_COLOURS[4], CATEGORY_COLOURS[5], CATEGORY_COLOURS[6], CATEGORY_COLOURS[7])


def fit_figure(history: Sequence[Mapping[str, float]], *, title: str = "", height: int = 240) -> go.Figure:
    """Losses on the left axis, whatever else was measured (validation, temperature) dotted on the right one; where
    there is no loss, a panel of its own for each number, since they share no unit.

    `history`: rows that may hold `step` and any other numbers; a row without one of them leaves that curve as it is.
    Settings that stay as they are, and results noted once, are no curves: they are drawn only where nothing else is.
    Where the steps begin anew (another fold, another restart) the curves do too. `height`: without the room that
    a legend of many names takes.
    """
    names = _moving(history)
    losses = any("loss" in name for name in names)
    figure = _two_axes(history, names) if losses or len(names) < 2 else _panels(history, names)
    figure.update_xaxes(
        {"title": "step" if is_training(history) else "setting tried"}, lambda axis: axis.matches is None
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
    """Whether it has steps: closed-form aligners record what they tried, which is no training."""
    return sum("step" in row for row in history) > 1


def _two_axes(history: Sequence[Mapping[str, float]], names: Sequence[str]) -> go.Figure:
    figure = go.Figure()
    for place, name in enumerate(names):
        left = "loss" in name or len(names) == 1
        figure.add_trace(_line(history, name, place, yaxis="y" if left else "y2", dash="solid" if left else "dot"))
    right = [measure_word(name) for name in names if "loss" not in name and len(names) > 1]
    figure.update_layout(
        showlegend=True,
        yaxis={"title": "loss" if len(right) < len(names) else None},
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


def _moving(history: Sequence[Mapping[str, float]]) -> list[str]:
    """The losses, and what else took several values; everything where that leaves nothing."""
    names = list(dict.fromkeys(name for row in history for name in row if name != "step"))
    values = {name: {row[name] for row in history if name in row} for name in names}
    return [name for name in names if "loss" in name or len(values[name]) > 1] or names


def latest_fit(history: Sequence[Mapping[str, float]]) -> Sequence[Mapping[str, float]]:
    """The rows since the steps last began anew: those of the fit under way."""
    first = max((i for i in range(1, len(history)) if _begins_anew(history, i)), default=0)
    return history[first:]


def _begins_anew(history: Sequence[Mapping[str, float]], row: int) -> bool:
    return history[row].get("step", row) <= history[row - 1].get("step", row - 1)


def _curve(history: Sequence[Mapping[str, float]], name: str) -> list[tuple[float | None, float | None]]:
    """(step, value) of the rows that have this number; a gap where the steps begin anew."""
    points: list[tuple[float | None, float | None]] = []
    for number, row in enumerate(history):
        if number and _begins_anew(history, number):
            points.append((None, None))
        if name in row:
            points.append((row.get("step", number), row[name]))
    return points
