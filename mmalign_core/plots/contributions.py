"""Bars of the parts of each recommended item's score: modalities, items of the history, controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from mmalign_core.plots.colours import category_colours, named_colours
from mmalign_core.plots.labels import plain_label
from mmalign_core.wording import tr


def contribution_figure(labels: Sequence[str], contributions: Sequence[Mapping[str, float]]) -> go.Figure:
    """Return stacked horizontal bars, best item on top. Each bar's parts sum to the item's score.

    Negative parts extend to the left.
    """
    figure = go.Figure()
    rows = list(range(len(labels)))
    names = list(dict.fromkeys(name for parts in contributions for name in parts))
    known = named_colours()
    colours = category_colours([name for name in names if name not in known]) | known
    for name in names:
        parts = [item.get(name, 0.0) for item in contributions]
        marker = {"color": colours[name], "cornerradius": 3}
        figure.add_bar(
            name=plain_label(name, 30), orientation="h", y=rows, x=parts, marker=marker, hovertemplate="%{x:.4~g}"
        )
    shown = [f"{place}. {plain_label(label, 26)}" for place, label in enumerate(labels, 1)]
    figure.update_layout(
        barmode="relative", height=90 + 30 * len(rows), bargap=0.4, margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}, hovermode="y unified",
    )  # fmt: skip
    figure.update_yaxes(tickvals=rows, ticktext=shown, autorange="reversed", automargin=True, showgrid=False)
    figure.update_xaxes(title=tr("score"))
    return figure
