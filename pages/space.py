"""Shared space: the map of every medium, and the clicked item with its neighbours."""

import streamlit as st

from mmalign_core.plots import map_figure
from mmalign_core.workflow import Run, SpaceMap
from pages._components import errors, header, waiting
from pages._components.media import gallery, previews
from pages._panels.space import points
from pages._session import state


@st.fragment(key="space.map")
def draw(run: Run, drawn: SpaceMap) -> None:
    """Draw the controls, the map, and its quality."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        colourings = points.colourings(run.collection)
        colour = st.selectbox("Colour by", colourings, key="colour", bind="query-params", width=220)
        links = st.toggle("Link the media of an item", value=True, key="links", bind="query-params")
        points.map_settings()
    figure = map_figure(
        drawn.points,
        points.labels(run, state.view_spec().run_key),
        colour=None if colour == points.BY_MODALITY else points.colour_values(drawn.points, colour),
        colour_title=colour,
        links=links,
        highlight=points.current_item(run),
    )
    st.plotly_chart(
        figure,
        key="map",
        on_select=clicked,
        selection_mode="points",
        config={"scrollZoom": True, "displaylogo": False},
        alt="Map of the shared space: one point per medium",
    )
    points.quality(drawn.projection)
    previews.attribution(run.collection)


def clicked() -> None:
    """Select the item of the clicked point; a click beside the points changes nothing."""
    point = state.clicked_point("map")
    if point:
        look_at(str(point[0]))


def look_at(item: str) -> None:
    """Select the item; both halves of the page show it."""
    state.select_item(item)
    st.rerun(["space.map", "space.item"])


@st.fragment(key="space.item")
def show_item(run: Run) -> None:
    """Draw the selected item and its nearest items in the shared space."""
    placed, current = points.placed_items(run), points.current_item(run)
    key = f"space.item.{current}"
    st.selectbox(
        "Item",
        placed,
        index=placed.index(current),
        key=key,
        format_func=lambda i: previews.menu_title(run.collection, i),
        help="Click a point, or find an item by typing.",
        on_change=lambda: look_at(state.widget(key)),
    )
    previews.show_item(run.collection, current, metadata=False, tallest=170)
    if len(placed) == 1:
        st.caption("It is the only item, so it has no neighbours.")
        return
    with errors.shown():
        near = points.neighbours(run, state.view_spec().run_key, current)
        st.caption("Nearest items. σ: by how many standard deviations an item is nearer than the average item.")
        gallery.show(near, key="space.near", width=110, on_pick=look_at)


state.through_app("pages/space.py")
header.show("Shared space", "Where does everything lie?")
waiting.need("collection")
run, drawn = waiting.need("run"), waiting.need("map")
left, right = st.columns([7, 3], gap="large")
with left:
    draw(run, drawn)
with right:
    show_item(run)
