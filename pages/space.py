"""Shared space: the map of every medium, the item in focus with its neighbours, and the selected items."""

from collections.abc import Mapping, Sequence

import streamlit as st

from mmalign_core.plots import MapMarks, map_figure
from mmalign_core.workflow import Judgements, Run, SpaceMap
from pages._components import errors, figures, header, judgements, waiting, zoom
from pages._components.media import gallery, previews
from pages._panels.recommend import map_query
from pages._panels.space import badges, colours, points, selection
from pages._session import clicks, state

SELECTION, WORST, NONE = "Selection", "Worst pairs", "None"
# Worst pairs with links; our choice: more lines hide the points.
MOST_LINKS = 20


@st.fragment(key="space.map")
def draw(run: Run, drawn: SpaceMap, judged: Mapping[str, Judgements]) -> None:
    """Draw the controls, the map, and its badges."""
    run_key, map_key = state.view_spec().run_key, state.view_spec().map_key
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        colour = st.selectbox("Colour by", colours.offered(run), key="colour", bind="query-params", width=200)
        links = st.selectbox("Links", [SELECTION, WORST, NONE], key="links", bind="query-params", width=150)
        named = st.toggle("Name clusters", key="names", bind="query-params")
        points.map_settings()
    asked = map_query.show(run, run_key, map_key, drawn)
    found = colours.clusters(run, run_key, map_key, drawn) if named or colour == colours.BY_CLUSTER else None
    tint = colours.colouring(run, drawn, colour, judged, found)
    labels = colours.cluster_places(found) if found and named else {}
    figure = map_figure(
        drawn.points,
        colours.cached_labels(run, run_key),
        colour=tint.values,
        colour_title=tint.title,
        logarithmic=tint.logarithmic,
        links=linked(links, judged),
        highlight=points.current_item(run),
        marks=MapMarks(state.selection(), labels, asked),
        revision=map_key,
    )
    spatial = drawn.projection.dimensions == 3
    figures.show(
        figure,
        key="map",
        on_select=clicked,
        selection_mode="points" if spatial else ("points", "box", "lasso"),
        config=figures.ZOOMED,
        alt="Map of the shared space: one point per medium",
    )
    zoom.keep("map", map_key)
    if tint.note:
        st.caption(errors.plain(tint.note))
    if named and found is not None and not found.names:
        st.caption("The collection is too small for clusters: they need 40 items with both modalities.")
    badges.show(run, run_key, drawn.projection)
    previews.attribution(run.collection)


def linked(which: str, judged: Mapping[str, Judgements]) -> Sequence[str]:
    """Return the items whose media are linked."""
    if which == WORST:
        return colours.worst_items(judged, MOST_LINKS)
    return state.selection() if which == SELECTION else []


def clicked() -> None:
    """Select what the lasso or the box holds, or focus the item of the clicked point."""
    inside = clicks.drawn_points("map")
    if inside:
        state.select_items([str(point[0]) for point in inside])
        st.rerun()
    point = clicks.clicked_point("map")
    if point:
        look_at(str(point[0]))


def look_at(item: str) -> None:
    """Focus the item; both halves of the page show it."""
    state.select_item(item)
    st.rerun(["space.map", "space.item"])


@st.fragment(key="space.item")
def show_item(run: Run) -> None:
    """Draw the item in focus and its nearest items in the shared space."""
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
judged = judgements.of_pair(run, state.view_spec().run_key) or {}
left, right = st.columns([7, 3], gap="large")
with left:
    draw(run, drawn, judged)
with right:
    show_item(run)
selection.show(run, judged, [item for item in state.selection() if item in run.collection.items.index], look_at)
