"""A chart with its menu to save it: every chart of the pages but those of work under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import tr
from mmalign_core.workflow import Run
from pages._components import exports, run_menu
from pages._components.waiting import BARE
from pages._session import pipeline

ZOOMED = {"scrollZoom": True, "displaylogo": False, "modeBarButtonsToRemove": ["toImage"]}
"""Configuration of a map: plotly's own buttons, but for its image, which has no caption."""
_MOST_IN_HTML = 100_000
"""Points of a map in HTML: 193 bytes each make a file of 20 MB, and plotly grows sluggish beyond. Measured."""


def show(
    figure: go.Figure, *, key: str, alt: str, title: str = "", of: str = "", against: str = "", **options: Any
) -> None:
    """Draw the chart without plotly's buttons, and below it the menu that saves it with a caption.

    The caption's first line is `title`, or `alt`, which says what the figure shows. Its second line has data, run and
    date: the open run, or what is named by `of` in its place; `against` names the run that it is compared with.
    `options` go to `st.plotly_chart`.
    """
    with st.container(gap=None):
        st.plotly_chart(figure, key=key, alt=alt, **{"config": BARE, **options})
        with st.container(horizontal=True, horizontal_alignment="right"):
            exports.figure(figure, (f"{title or alt}.", _source(of, against)), key=key)


def save_map(key: str, figure: Callable[[], go.Figure], *, title: str, points: int, against: str = "") -> None:
    """Draw the menu that saves the map of points with this key: as it is seen, or as a `figure` in HTML."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        exports.map_files(key, (f"{title}.", _source("", against)), figure if points <= _MOST_IN_HTML else None)


def _source(of: str, against: str) -> str:
    """Return data, run and date in one line."""
    run, collection = pipeline.ready("run"), pipeline.ready("collection")
    parts = [run_menu.collection_name(collection)] if isinstance(collection, Collection) else []
    if of:
        parts.append(of)
    elif isinstance(run, Run):
        parts = [run_menu.label(run)]
    if against:
        parts.append(tr("against {against}", against=against))
    return " · ".join([*parts, date.today().isoformat()])
