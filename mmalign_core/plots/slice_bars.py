"""Slices of a run as horizontal bars: the metric with its interval, beside the metric of all queries."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, OTHER_COLOUR, modality_colour
from mmalign_core.plots.labels import measure_word, plain_label
from mmalign_core.plots.metric_bars import arrow, whiskers
from mmalign_core.triage.slices import Slice
from mmalign_core.wording import tr

WORSE, BETTER = "▼", "▲"
"""Before the label of a slice that surely differs, so that colour is not the only sign."""
_LABEL, _HOVER = 36, 90
"""Letters of a label beside its bar and in its hover text; chosen so that bars keep half of a narrow page. In a label
a Chinese character or an emoji counts as two."""
_BAR, _FRAME = 26, 84
"""Pixels of one bar with its gap, and of the axis with its title and the line's label."""
_FAINT = 0.25
"""Opacity of the inside of a bar that may differ by chance; chosen, its outline is full on both themes."""
_NUMBERS = 84
"""Pixels for the numbers right of the bars: "100% of 10,000" at 11 pixels a letter's height."""


def slice_figure(
    slices: Sequence[Slice], overall: float, *, direction: str, metric: str, chosen: str | None = None
) -> go.Figure:
    """Return one bar for each slice, in the given order from the top, and a dotted line at the metric of all queries.

    Whiskers are 95% intervals; the value and the number of queries stand at the right. Slices that surely differ are
    filled, with a bold label and ▼ or ▲ before it; the others are outlined. The `customdata` of every bar is [key of
    the slice]. `chosen`: the key of the slice that gets a thick frame. `metric` is a share (0..1).
    """
    places = list(range(len(slices)))
    figure = go.Figure(_bars(slices, places, direction, metric, chosen))
    for place, one in zip(places, slices):
        figure.add_annotation(
            text=tr("{value:.0%} of {n:,}", value=one.value, n=one.n),
            x=1,
            xref="paper",
            y=place,
            xanchor="left",
            xshift=6,
            showarrow=False,
            font={"size": 11},
        )
    figure.add_vline(
        x=overall,
        line={"color": OTHER_COLOUR, "dash": "dot", "width": 2},
        annotation={"text": tr("all {overall:.0%}", overall=overall), "yanchor": "bottom", "showarrow": False},
        annotation_position="top",
    )
    longest = max([overall, *(one.ci95[1] for one in slices)])
    figure.update_layout(
        height=_FRAME + _BAR * len(slices), margin={"l": 8, "r": _NUMBERS, "t": 28, "b": 8}, bargap=0.35,
        showlegend=False, hoverlabel=HOVER, hovermode="closest",
    )  # fmt: skip
    figure.update_xaxes(
        range=[0, min(1.02, 1.05 * longest) or 1], tickformat=".0%", nticks=6,
        title={"text": f"{measure_word(metric)}, {arrow(direction)}", "font": {"size": 12}},
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=[_label(one) for one in slices], range=[len(slices) - 0.4, -0.6], automargin=True,
        zeroline=False, showgrid=False,
    )  # fmt: skip
    return figure


def _bars(slices: Sequence[Slice], places: Sequence[int], direction: str, metric: str, chosen: str | None) -> go.Bar:
    values, colour = [one.value for one in slices], modality_colour(direction.partition("->")[0])
    return go.Bar(
        x=values, y=places, orientation="h", error_x=whiskers(values, [one.ci95 for one in slices]),
        customdata=[[one.key] for one in slices], hovertext=[_hover(one, metric) for one in slices],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={
            "color": [colour if one.is_significant else _faint(colour) for one in slices],
            "line": {
                "color": [OTHER_COLOUR if one.key == chosen else colour for one in slices],
                "width": [4 if one.key == chosen else 1.5 for one in slices],
            },
            "cornerradius": 4,
        },
    )  # fmt: skip


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_FAINT})"


def _label(one: Slice) -> str:
    text = one.group.label
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text[:_LABEL])
    words = plain_label(text, max(_LABEL // 2, _LABEL - wide))
    if not one.is_significant:
        return words
    return f"<b>{WORSE if one.difference < 0 else BETTER} {words}</b>"


def _hover(one: Slice, metric: str) -> str:
    (low, high), (lower, upper) = one.ci95, one.difference_ci95
    with_whom = tr("all others") if one.group.among is None else tr("the other wrong queries")
    return "<br>".join(
        [
            f"<b>{plain_label(one.group.label, _HOVER)}</b>",
            tr(
                "{metric} {value:.1%} (95% {low:.1%} to {high:.1%}) of {n:,} queries",
                metric=measure_word(metric),
                value=one.value,
                low=low,
                high=high,
                n=one.n,
            ),
            tr(
                "{difference:+.1%} (95% {lower:+.1%} to {upper:+.1%}) against {others}: {rest:.1%} of {n:,}",
                difference=one.difference,
                lower=lower,
                upper=upper,
                others=with_whom,
                rest=one.rest,
                n=one.n_rest,
            ),
            tr("p {p:.2g}, corrected for all slices q {q:.2g}", p=one.p, q=one.q),
        ]
    )
