"""Figures that compare aligners: quality against time, and the difference of each aligner from the best."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mmalign_core.plots.colours import CATEGORY_COLOURS, OTHER_COLOUR
from mmalign_core.plots.labels import measure_word, plain_label
from mmalign_core.plots.metric_bars import arrow, whiskers
from mmalign_core.wording import tr, tr_word

FAMILY_COLOURS: dict[str, str] = dict(zip(("matching", "embedding", "model", "fusion"), CATEGORY_COLOURS[4:8]))
"""Colours of families. None of them is the colour of a modality."""
FAMILY_SYMBOLS = {"matching": "circle", "embedding": "square", "model": "diamond", "fusion": "triangle-up"}
_LINE = 14.0
"""Pixels between two names: a line of text of 11 pixels."""
_FRAME = 130
"""Pixels of a figure outside its panels: legend, titles and axis."""
_NAMES_WIDE = 0.26
"""Share of a panel for the names: 16 letters in the narrowest panel of a laptop, of 380 pixels."""
_LETTERS, _BEFORE, _REACH = 16, 2, 3
"""Letters in that share, the letters' room between a point and its name, and the lines that a name may stand above or
below its point."""
_SHORTEST = 1e-3
"""Seconds. Faster fits are drawn at this value, because a logarithmic axis needs a lower limit."""

Row = Mapping[str, Any]


def quality_time_figure(rows: Sequence[Row], metric: str, *, height: int = 380) -> go.Figure:
    """Return one panel per direction with a point per aligner: seconds of one fit (log) against the metric.

    Whiskers are 95% intervals. Colour and shape show the family. An open shape marks an aligner whose scores depend on
    all queries together. `rows`: at least one, as `workflow.compare` returns them, all with the same directions.
    """
    directions = list(rows[0]["metrics"])
    titles = [arrow(direction) for direction in directions]
    height = max(height, _FRAME + round(_LINE * (len(rows) + 1)))
    tall = _top(rows, metric)
    figure = make_subplots(1, len(directions), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03)
    for column, direction in enumerate(directions, 1):
        for name in _names(rows, direction, metric, tall, height):
            axis = str(column) if column > 1 else ""  # plotly calls the first panel's axes x and y
            refs = {"xref": f"x{axis}", "yref": f"y{axis}", "axref": f"x{axis}", "ayref": f"y{axis}"}
            figure.add_annotation(**name, **refs)
        for family in FAMILY_COLOURS:
            members = [row for row in rows if row["family"] == family]
            if members:
                figure.add_trace(_points(members, family, direction, metric, legend=column == 1), 1, column)
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 48, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.1, "yanchor": "bottom"},
    )  # fmt: skip
    ticks = {"tickvals": [0.001, 0.01, 0.1, 1, 10, 100, 1000], "ticktext": ["≤1 ms", "10 ms", "0.1 s", *_SECONDS]}
    figure.update_xaxes(type="log", title=tr("seconds of one fit"), range=_time_range(rows), **ticks)
    figure.update_yaxes(range=[0, tall], tickformat=".0%", nticks=7)
    figure.update_yaxes(title=measure_word(metric), col=1)
    return figure


def spread(values: Sequence[float], step: float, tall: float) -> list[float]:
    """Return one place for each value (rising), near it, at least `step` apart, within 0 and `tall` if they fit."""
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + step) if places else max(value, step / 2))
    for number in range(len(places) - 1, -1, -1):
        highest = tall - step / 2 if number == len(places) - 1 else places[number + 1] - step
        places[number] = min(places[number], highest)
    return places


def _top(rows: Sequence[Row], metric: str) -> float:
    """Return the upper limit of the axis, above all points and whiskers."""
    drawn = [values[metric] for row in rows for values in row["metrics"].values()]
    drawn += [bounds[metric][1] for row in rows for bounds in row["ci95"].values() if metric in bounds]
    return 1.05 * max(drawn) or 1.0


def _names(rows: Sequence[Row], direction: str, metric: str, tall: float, height: int) -> list[dict[str, Any]]:
    """Return annotations, each with a line to its point: a name stands at its point, or at most some lines above or
    below, where it covers no point and no other name; the others stand in one column right of all points.

    Lines are spaced in pixels of the fixed height, so no two names overlap in panels at least as wide as a laptop's.
    """
    step = _LINE * tall / (height - _FRAME)
    points = [(_power(row), row["metrics"][direction][metric]) for row in rows]
    start, column = _time_range(rows)[0], _name_column(rows)
    letter = _NAMES_WIDE * (_time_range(rows)[1] - start) / _LETTERS
    placed: dict[int, _Box] = {}
    for at in sorted(range(len(rows)), key=lambda at: -points[at][0]):
        wide = letter * min(len(rows[at]["aligner"]), _LETTERS)
        for box in _boxes_around(points[at], wide, letter * _BEFORE, step):
            inside = start <= box.low and box.high <= column and step / 2 <= box.place <= tall - step / 2
            if (
                inside
                and not any(box.covers(x, x, y, step) for x, y in points)
                and not any(box.covers(one.low, one.high, one.place, step) for one in placed.values())
            ):
                placed[at] = box
                break
    left = sorted((at for at in range(len(rows)) if at not in placed), key=lambda at: points[at][1])
    for at, place in zip(left, spread([points[at][1] for at in left], step, tall)):
        placed[at] = _Box(column, column, place)
    return [
        {"text": plain_label(row["aligner"], 24), "x": x, "y": y, "ay": placed[at].place,
         "ax": placed[at].high if placed[at].high < x else placed[at].low,
         "xanchor": "right" if placed[at].high < x else "left",
         "font": {"size": 11}, "arrowhead": 0, "arrowwidth": 0.8, "arrowcolor": OTHER_COLOUR, "standoff": 6}
        for at, (row, (x, y)) in enumerate(zip(rows, points))
    ]  # fmt: skip


@dataclass(frozen=True)
class _Box:
    """Where a name stands: from `low` to `high` on the time axis, one line about `place`."""

    low: float
    high: float
    place: float

    def covers(self, low: float, high: float, place: float, step: float) -> bool:
        """Whether the name meets what lies from `low` to `high` in a line about `place`."""
        return low <= self.high and self.low <= high and abs(place - self.place) < 0.99 * step


def _boxes_around(point: tuple[float, float], wide: float, before: float, step: float) -> Iterator[_Box]:
    """Yield places for a name around its point, the nearest lines first, the right side before the left."""
    x, y = point
    for lines in sorted(range(-_REACH, _REACH + 1), key=abs):
        yield _Box(x + before, x + before + wide, y + lines * step)
        yield _Box(x - before - wide, x - before, y + lines * step)


def _power(row: Row) -> float:
    return math.log10(max(row["seconds"]["fit"], _SHORTEST))


def _time_range(rows: Sequence[Row]) -> list[float]:
    """Return the axis range in powers of ten, with room for the column of names at the right."""
    low, column = min(map(_power, rows)), _name_column(rows)
    start = low - max(0.3, 0.12 * (column - low))
    return [start, column + (column - start) * _NAMES_WIDE / (1 - _NAMES_WIDE)]


def _name_column(rows: Sequence[Row]) -> float:
    """Return where the names start, in powers of ten: right of all points."""
    low, high = min(map(_power, rows)), max(map(_power, rows))
    return high + max(0.3, 0.12 * (high - low))


_SECONDS = ("1 s", "10 s", "100 s", "1,000 s")


def _points(rows: Sequence[Row], family: str, direction: str, metric: str, *, legend: bool) -> go.Scatter:
    values = [row["metrics"][direction][metric] for row in rows]
    bounds = [row["ci95"].get(direction, {}).get(metric, (value, value)) for row, value in zip(rows, values)]
    symbol = FAMILY_SYMBOLS[family]
    return go.Scatter(
        name=tr_word(family), x=[max(row["seconds"]["fit"], _SHORTEST) for row in rows], y=values, mode="markers",
        text=[plain_label(row["aligner"]) for row in rows], legendgroup=family, showlegend=legend, cliponaxis=False,
        marker={"color": FAMILY_COLOURS[family], "size": 11, "line": {"width": 2, "color": FAMILY_COLOURS[family]},
                "symbol": [f"{symbol}-open" if row["transductive"] else symbol for row in rows]},
        error_y=whiskers(values, bounds, thickness=1.2, width=4),
        customdata=[[low, high, row["seconds"]["fit"]] for row, (low, high) in zip(rows, bounds)],
        hovertemplate="<b>%{text}</b><br>%{y:.1%} (95% %{customdata[0]:.1%} to %{customdata[1]:.1%})"
        "<br>%{customdata[2]:.3g} s<extra></extra>",
    )  # fmt: skip


def difference_figure(rows: Sequence[Row], metric: str) -> go.Figure:
    """Return one panel per direction: the difference of each aligner from the best, with the paired 95% interval.

    `rows` of one kind as `workflow.ranked` returns them. The first is the best and stands at the top. An interval that
    contains 0 shows no significant difference.
    """
    directions, others = list(rows[0]["metrics"]), rows[1:]
    titles = [arrow(direction) for direction in directions]
    figure = make_subplots(1, len(directions), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03)
    for column, direction in enumerate(directions, 1):
        figure.add_trace(_differences(others, direction, metric), 1, column)
    figure.update_layout(
        height=110 + 28 * len(others), margin={"l": 8, "r": 8, "t": 32, "b": 8}, showlegend=False, hovermode="closest"
    )
    figure.update_yaxes(
        tickvals=list(range(len(others))), ticktext=[plain_label(row["aligner"]) for row in others],
        range=[len(others) - 0.5, -0.5], automargin=True,
    )  # fmt: skip
    figure.update_xaxes(zeroline=True, zerolinecolor=OTHER_COLOUR, zerolinewidth=1.5, tickformat="+.1~%", nticks=8)
    figure.update_xaxes(range=_difference_range(others, directions, metric))
    figure.update_xaxes(
        title=tr("{metric}: difference from {best}", metric=measure_word(metric), best=plain_label(rows[0]["aligner"]))
    )
    return figure


def _difference_range(rows: Sequence[Row], directions: Sequence[str], metric: str) -> list[float]:
    """Return one range for all panels. It includes 0, so that a whisker that crosses 0 is visible."""
    ends = [end for row in rows for way in directions for end in row["against_best"][way][metric]["ci95"]]
    low, high = min(0.0, *ends), max(0.0, *ends)
    return [low - 0.04 * (high - low or 1.0), high + 0.04 * (high - low or 1.0)]


def _differences(rows: Sequence[Row], direction: str, metric: str) -> go.Scatter:
    found = [row["against_best"][direction][metric] for row in rows]
    values = [one["difference"] for one in found]
    return go.Scatter(
        x=values, y=list(range(len(rows))), mode="markers", text=[plain_label(row["aligner"]) for row in rows],
        marker={"color": [FAMILY_COLOURS[row["family"]] for row in rows], "size": 10,
                "symbol": [FAMILY_SYMBOLS[row["family"]] for row in rows]},
        error_x=whiskers(values, [one["ci95"] for one in found]),
        customdata=[[*one["ci95"], one["p"]] for one in found],
        hovertemplate="<b>%{text}</b><br>%{x:+.1%} (95% %{customdata[0]:+.1%} to %{customdata[1]:+.1%})"
        "<br>p %{customdata[2]:.3f}<extra></extra>",
    )  # fmt: skip
