"""Histograms of ranks: of all queries by direction, and of one direction with the place of one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, OTHER_COLOUR, modality_colour
from mmalign_core.plots.metric_bars import arrow
from mmalign_core.wording import tr

_HERE = "#D9731A"
"""The bar of the query; it carries a word too."""
_LINE = 0.12
"""Share of the figure's bars that a number above one takes: 16 pixels of about 140."""


class Bin(Protocol):
    """A range of ranks, as `triage.rank_bins` returns them."""

    @property
    def words(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def chance(self) -> float: ...


def rank_figure(bins: Mapping[str, Sequence[Bin]], *, height: int = 300) -> go.Figure:
    """Return one bar per range of ranks and direction ("image->text"), with a grey tick for random order.

    The `customdata` of a bar is (direction, number of its bin).
    """
    figure = go.Figure()
    near = _LINE * max((max(one.n, one.chance) for found in bins.values() for one in found), default=0)
    for way, found in bins.items():
        figure.add_trace(
            go.Bar(
                name=arrow(way), x=[one.words for one in found], y=[one.n for one in found], offsetgroup=way,
                customdata=[[way, place] for place in range(len(found))],
                marker={"color": modality_colour(way.partition("->")[0]), "cornerradius": 4},
                hovertemplate=tr("rank {x}: {y} queries", x="%{x}", y="%{y:,}") + f"<extra>{arrow(way)}</extra>",
            )
        )  # fmt: skip
    for way, found in bins.items():
        tick = {"symbol": "line-ew", "size": 60 // len(bins), "color": OTHER_COLOUR}
        figure.add_trace(
            go.Scatter(
                name=tr("random order"),
                x=[one.words for one in found],
                y=[one.chance for one in found],
                mode="markers",
                offsetgroup=way,
                legendgroup="chance",
                showlegend=way == next(iter(bins)),
                marker={**tick, "line": {"width": 2.5, "color": OTHER_COLOUR}},
                hovertemplate=tr("{y} by chance", y="%{y:.1f}") + "<extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(  # above the bar, and above a tick that lies there: a number on the tick cannot be read
                x=[one.words for one in found], mode="text",
                y=[one.chance if one.n < one.chance < one.n + near else one.n for one in found],
                text=[f"{one.n:,}" for one in found], textposition="top center", cliponaxis=False, offsetgroup=way,
                hoverinfo="skip", showlegend=False,
            )
        )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, barmode="group", scattermode="group", bargap=0.3,
        legend={"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom"}, clickmode="event+select",
        hovermode="closest",
    )  # fmt: skip
    longest = max((found for found in bins.values()), key=len, default=())
    order = [one.words for one in longest]
    figure.update_xaxes(
        title=tr("rank of the right answer"), type="category", categoryorder="array", categoryarray=order
    )
    figure.update_yaxes(title=tr("queries"), rangemode="tozero", nticks=6)
    return figure


def query_rank_figure(ranks: np.ndarray, rank: int, *, height: int = 230) -> go.Figure:
    """Return bars of how many queries have a rank of 1, 2, 3 to 4, 5 to 8, and so on; that of `rank` is marked."""
    bins = np.ceil(np.log2(np.maximum(ranks, 1))).astype(int)
    own = int(np.ceil(np.log2(max(rank, 1))))
    last = max(int(bins.max(initial=0)), own)
    counts = np.bincount(bins, minlength=last + 1)
    names = [_name(place) for place in range(last + 1)]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=counts,
            marker_color=[_HERE if place == own else OTHER_COLOUR for place in range(last + 1)],
            text=[tr("this query") if place == own else "" for place in range(last + 1)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=tr("rank {x}: {y} queries", x="%{x}", y="%{y:,}") + "<extra></extra>",
        )
    )
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 24, "b": 8}, hoverlabel=HOVER, bargap=0.15)
    figure.update_xaxes(title=tr("rank of the right answer"), type="category")
    figure.update_yaxes(title=tr("queries"))
    return figure


def _name(place: int) -> str:
    low, high = 2 ** (place - 1) + 1, 2**place
    return str(high) if place < 2 else f"{low:,}–{high:,}"
