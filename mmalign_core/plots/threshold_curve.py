"""Precision and recall of accepted matches against the threshold that accepts them."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from mmalign_core.plots.colours import CATEGORY_COLOURS, OTHER_COLOUR


def threshold_figure(
    thresholds: Sequence[float],
    precision: Sequence[float],
    recall: Sequence[float],
    suggested: float | None = None,
    *,
    height: int = 260,
) -> go.Figure:
    """Two curves over the threshold, and a line at the suggested one."""
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
    figure.update_xaxes(title="threshold")
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%")
    return figure
