"""Distributions of the scores of right and wrong answers, with a threshold between what is accepted and what is not."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from mmalign_core.plots.colours import HOVER, OTHER_COLOUR
from mmalign_core.wording import tr

RIGHT_COLOUR, WRONG_COLOUR = "#0F9B76", "#D1495B"
"""Green and red of categories; the legend, the order and the hover label say the same in words."""


def answer_scores_figure(
    edges: np.ndarray,
    right: np.ndarray,
    wrong: np.ndarray,
    missed: np.ndarray,
    threshold: float,
    *,
    height: int = 300,
) -> go.Figure:
    """Return stacked bars of right and wrong answers by score, an outline of missed right ones, and the threshold.

    `edges` (b + 1,) of the bins; `right`, `wrong` and `missed` (b,) are numbers of queries.
    """
    middles, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    figure = go.Figure()
    parts = (
        (tr("chosen, right"), right, RIGHT_COLOUR, ""),
        (tr("chosen, wrong"), wrong, WRONG_COLOUR, "/"),
    )
    for name, counts, colour, pattern in parts:
        figure.add_bar(
            x=middles, y=counts, width=widths, name=name, marker={"color": colour, "pattern": {"shape": pattern}},
            hovertemplate=tr("score {x}<br>{name}: {y}<extra></extra>", x="%{x:.3f}", name=name, y="%{y:,}"),
        )  # fmt: skip
    figure.add_scatter(
        x=middles, y=missed, name=tr("right, but not chosen"), mode="lines",
        line={"shape": "hvh", "dash": "dot", "color": OTHER_COLOUR, "width": 2},
        hovertemplate=tr("score {x}<br>{name}: {y}<extra></extra>", x="%{x:.3f}", name=tr("right, but not chosen"),
                         y="%{y:,}"),
    )  # fmt: skip
    figure.add_vline(threshold, line={"dash": "dash", "color": OTHER_COLOUR}, annotation_text=f"{threshold:.3g}")
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, barmode="stack", bargap=0.05, hoverlabel=HOVER,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )  # fmt: skip
    figure.update_xaxes(title=tr("score of the answer"))
    figure.update_yaxes(title=tr("queries"), rangemode="tozero")
    return figure
