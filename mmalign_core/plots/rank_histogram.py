"""The ranks of all queries of one direction as a histogram over powers of two, with the place of one query."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, OTHER_COLOUR

_HERE = "#D9731A"
"""The bar of the query; it carries a word too."""


def rank_histogram(ranks: np.ndarray, rank: int, *, height: int = 230) -> go.Figure:
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
            text=["this query" if place == own else "" for place in range(last + 1)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="rank %{x}: %{y:,} queries<extra></extra>",
        )
    )
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 24, "b": 8}, hoverlabel=HOVER, bargap=0.15)
    figure.update_xaxes(title="rank of the right answer", type="category")
    figure.update_yaxes(title="queries")
    return figure


def _name(place: int) -> str:
    low, high = 2 ** (place - 1) + 1, 2**place
    return str(high) if place < 2 else f"{low:,}–{high:,}"
