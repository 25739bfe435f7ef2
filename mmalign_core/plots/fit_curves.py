"""How a fit went: what a trained aligner measured step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from mmalign_core.plots.colours import CATEGORY_COLOURS
from mmalign_core.plots.labels import plain_label

_COLOURS = (CATEGORY_COLOURS[4], CATEGORY_COLOURS[5], CATEGORY_COLOURS[6], CATEGORY_COLOURS[7])


def fit_figure(history: Sequence[Mapping[str, float]], *, title: str = "", height: int = 240) -> go.Figure:
    """Losses on the left axis, whatever else was measured (validation, temperature) dotted on the right one; all on
    the left where there is no loss.

    `history`: rows that may hold `step` and any other numbers; a row without one of them leaves that curve as it is.
    Settings that stay as they are, and results noted once, are no curves: they are drawn only where nothing else is.
    Where the steps begin anew (another fold, another restart) the curves do too.
    """
    figure = go.Figure()
    names = _moving(history)
    losses = any("loss" in name for name in names)
    for place, name in enumerate(names):
        points = _curve(history, name)
        left = "loss" in name or not losses
        figure.add_scatter(
            x=[step for step, _ in points], y=[value for _, value in points], name=plain_label(name),
            mode="lines+markers" if len(points) < 3 else "lines", yaxis="y" if left else "y2",
            line={"color": _COLOURS[place % len(_COLOURS)], "width": 2, "dash": "solid" if left else "dot"},
            hovertemplate="%{y:.4g}",
        )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 64 if title else 8, "b": 8}, hovermode="x unified",
        title={"text": plain_label(title), "font": {"size": 14}, "y": 1, "yanchor": "top"} if title else None,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"}, xaxis={"title": "step"},
        yaxis={"title": "loss" if losses else None},
        yaxis2={"overlaying": "y", "side": "right", "showgrid": False},
    )  # fmt: skip
    return figure


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
