"""Figures that compare recommenders: all, known and new items, and users with short and long histories."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mmalign_core.plots.colours import CATEGORY_COLOURS, OTHER_COLOUR
from mmalign_core.plots.labels import plain_label
from mmalign_core.plots.metric_bars import whiskers
from mmalign_core.wording import say, tr, tr_word

Row = Mapping[str, Any]
Value = tuple[float, Sequence[float]]
"""A number with its interval."""
SLICE_WORDS = {
    "all": say("all items"),
    "warm": say("known items"),
    "cold": say("new items"),
    "cold alone": say("new items among themselves"),
    "short": say("users of short histories"),
    "long": say("users of long histories"),
}
LEARNS = {"interactions": "circle", "content": "square", "both": "diamond"}
"""What a recommender learns from -> its marker shape. The colours show the same."""
_COLOURS = dict(zip(LEARNS, (CATEGORY_COLOURS[4], CATEGORY_COLOURS[5], CATEGORY_COLOURS[7])))
_COLUMNS = 3
"""Panels side by side. Chosen: with more, axis labels overlap on a narrow screen."""
_BETWEEN = 78
"""Pixels between the panels of one column: room for an axis and the next title."""


def learns_from(row: Row) -> str:
    """Return which of LEARNS the recommender of this row learns from."""
    if row["reads_places"]:
        return "both" if row["needs_interactions"] else "content"
    return "interactions"


def slices_figure(rows: Sequence[Row], metric: str) -> go.Figure:
    """Return one panel per slice: each recommender's metric with its 95% interval, and the random order as a grey line.

    `rows` as `ranked` returns them, without failed ones and with at least one that is no baseline. The first is at the
    top of every panel. The best of each panel has its value printed.
    """
    rivals = [row for row in rows if not row["baseline"]]
    figure = _panels(rivals)
    for place, name in enumerate(_slices(rivals)):
        values = [(row["metrics"][name][metric], row["ci95"][name][metric]) for row in rivals]
        _add(figure, place, rivals, values, "%{x:.1%} (95% %{customdata[0]:.1%} to %{customdata[1]:.1%})", best=True)
        chance = next((row for row in rows if row["baseline"]), None)
        if chance is not None:
            _line(figure, place, chance["metrics"][name][metric])
    figure.update_xaxes(tickformat=".1~%", rangemode="tozero", nticks=5)
    return figure


def slice_differences_figure(rows: Sequence[Row], metric: str) -> go.Figure:
    """Return one panel per slice: the difference of each recommender from the first row, with the paired 95% interval.

    `rows` as for `slices_figure`, at least two that are no baseline. An interval that contains 0 shows no significant
    difference.
    """
    rivals = [row for row in rows if not row["baseline"]]
    others = rivals[1:]
    figure = _panels(others)
    for place, name in enumerate(_slices(others)):
        found = [row["against_best"][name][metric] for row in others]
        values = [(one["difference"], one["ci95"]) for one in found]
        _add(figure, place, others, values, "%{x:+.1%} (95% %{customdata[0]:+.1%} to %{customdata[1]:+.1%})")
    figure.update_xaxes(
        zeroline=True, zerolinecolor=OTHER_COLOUR, zerolinewidth=1.5, tickformat="+.1~%", rangemode="tozero", nticks=5
    )
    return figure


def _line(figure: go.Figure, place: int, at: float) -> None:
    """Add a dotted vertical line to one panel."""
    axis = "" if place == 0 else str(place + 1)
    figure.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, xref=f"x{axis}", yref=f"y{axis} domain",
        line={"color": OTHER_COLOUR, "dash": "dot", "width": 1.5},
    )  # fmt: skip


def _slices(rows: Sequence[Row]) -> list[str]:
    return [name for name in SLICE_WORDS if name in rows[0]["metrics"]]


def _panels(rows: Sequence[Row]) -> go.Figure:
    """Return one empty panel per slice, with the names of the recommenders at the left."""
    names = _slices(rows)
    many = math.ceil(len(names) / _COLUMNS)
    titles = [tr("{words} · {n:,} users", words=SLICE_WORDS[name], n=rows[0]["metrics"][name]["n"]) for name in names]
    height = many * (_BETWEEN + 24 * (len(rows) + 0.6)) + 24
    across = min(_COLUMNS, len(names))
    cells = [[{} if row * across + column < len(names) else None for column in range(across)] for row in range(many)]
    figure = make_subplots(
        many, across, specs=cells, subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03,
        vertical_spacing=_BETWEEN / height if many > 1 else 0.0,
    )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 8, "r": 16, "t": 64, "b": 8}, hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1 + 34 / height, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_annotations(font={"size": 13})
    ticks = [plain_label(row["recommender"]) for row in rows]
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=ticks, range=[len(rows) - 0.5, -0.9], automargin=True, zeroline=False
    )
    return figure


def _add(
    figure: go.Figure, place: int, rows: Sequence[Row], values: Sequence[Value], words: str, *, best: bool = False
) -> None:
    top = max(value for value, _ in values) if best else math.inf
    for kind in LEARNS:
        members = [number for number, row in enumerate(rows) if learns_from(row) == kind]
        if members:
            trace = _points(kind, members, rows, values, words, lambda value: value == top > 0)
            trace.showlegend = place == 0
            figure.add_trace(trace, place // _COLUMNS + 1, place % _COLUMNS + 1)


def _points(
    kind: str,
    members: Sequence[int],
    rows: Sequence[Row],
    values: Sequence[Value],
    words: str,
    is_best: Callable[[float], bool],
) -> go.Scatter:
    shown, bounds = [values[number][0] for number in members], [values[number][1] for number in members]
    return go.Scatter(
        name=tr_word(kind), legendgroup=kind, x=shown, y=list(members), mode="markers+text",
        text=[f"<b>{value:.1%}</b>" if is_best(value) else "" for value in shown], textposition="top center",
        textfont={"size": 11}, cliponaxis=False, error_x=whiskers(shown, bounds),
        marker={"color": _COLOURS[kind], "symbol": LEARNS[kind], "size": 10},
        hovertext=[plain_label(rows[number]["recommender"]) for number in members],
        customdata=[list(bound) for bound in bounds], hovertemplate=f"<b>%{{hovertext}}</b><br>{words}<extra></extra>",
    )  # fmt: skip
