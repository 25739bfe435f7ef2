"""A page with one map of made points, which `map_browser.py` serves: ours, or plotly's scattergl."""

import statistics
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from mmalign_core.plots import map_groups, map_points, packed_values
from mmalign_core.projection.hierarchy import density_levels
from pages._components import point_map
from pages._panels.space import map_layer
from pages._session import clicks, media_cache, state

GROUPS = 40
"""Clusters of the made points: as many as a map of a catalogue shows."""


@st.cache_resource
def points(n: int, dimensions: int) -> pd.DataFrame:
    """Return n made points in clusters, half of each modality."""
    random = np.random.default_rng(0)
    group = random.integers(0, GROUPS, n)
    places = random.normal(0, 4, (GROUPS, dimensions))[group] + random.normal(0, 0.4, (n, dimensions))
    rows = pd.DataFrame(places, columns=list("xyz"[:dimensions]))
    modality = np.where(np.arange(n) % 2, "text", "image")
    return rows.assign(item=[f"i{k // 2}" for k in range(n)], modality=modality, group=[f"group {g}" for g in group])


@st.cache_resource
def names(n: int, dimensions: int) -> list[map_layer.ShownLabel]:
    """Return the names of dense groups: of each, the most frequent group of its points."""
    rows = points(n, dimensions)
    levels = density_levels(rows[list("xyz"[:dimensions])].to_numpy(np.float32))
    found = []
    for depth, level in enumerate(levels):
        for number, (place, size) in enumerate(zip(level.places, level.sizes), 1):
            word = statistics.mode(rows["group"].to_numpy()[level.numbers == number].tolist())
            found.append((f"{word}, of depth {depth}", int(size), depth, tuple(place.tolist())))
    return found


@st.fragment(key="space.map")
def draw(n: int, dimensions: int) -> None:
    """Draw our map."""
    rows = points(n, dimensions)
    places = media_cache.of_map(f"{n} {dimensions}", lambda: map_points(rows))
    groups = media_cache.of_colouring(
        f"{n}", lambda: map_groups(rows["modality"].to_numpy(), rows["group"].tolist(), "group")
    )
    codes = media_cache.of_colouring(f"{n} codes", lambda: packed_values(groups.codes[places.order]))
    coordinates = rows[list("xyz"[:dimensions])].to_numpy()
    layer = point_map.Layer(
        places, coordinates, groups, codes, focus=[state.selected_item() or ""], chosen=state.selection(),
        labels=names(n, dimensions) if "names" in state.address() else (),
    )  # fmt: skip
    point_map.show(
        [layer], key="map", alt="made points", colour="group",
        on_point=lambda _, row: look(str(rows["item"].iat[row])),
        on_rows=lambda _, found: state.select_items(rows["item"].iloc[found].unique().tolist()),
        label=lambda _, row: point_map.Label(f"item {rows['item'].iat[row]}"),
    )  # fmt: skip
    st.text(f"{len(state.selection())} selected")


@st.fragment(key="space.map")
def draw_plotly(n: int) -> None:
    """Draw the same points by plotly."""
    rows = points(n, 2)
    figure = go.Figure(
        go.Scattergl(
            x=rows["x"], y=rows["y"], mode="markers", marker={"size": 4, "opacity": 0.7},
            customdata=rows[["item", "modality"]].to_numpy(dtype=object), hovertext=rows["group"],
        )
    ).update_layout(height=600, dragmode="pan", clickmode="event+select", uirevision="map")  # fmt: skip
    st.plotly_chart(figure, key="plotly", on_select=clicked, selection_mode="points", config={"scrollZoom": True})


def clicked() -> None:
    """Focus the item of the clicked point."""
    point = clicks.clicked_point("plotly")
    if point:
        look(str(point[0]))


def look(item: str) -> None:
    """Focus the item."""
    state.select_item(item)
    st.rerun(["space.map", "space.item"])


@st.fragment(key="space.item")
def details() -> None:
    """Show the item in focus."""
    st.text(f"details of {state.selected_item()}")


st.set_page_config(layout="wide")
n, dimensions = int(state.address().get("n", "1000")), int(state.address().get("axes", "2"))
if state.address().get("with") == "plotly":
    draw_plotly(n)
else:
    draw(n, dimensions)
details()
