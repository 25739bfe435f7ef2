"""Shared space: the map of every medium, the item in focus with its neighbours, and the selected items."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mmalign_core.plots import MapMarks, map_figure
from mmalign_core.wording import say, tr, tr_many, tr_word
from mmalign_core.workflow import Judgements, Run, SpaceMap
from pages._components import errors, figures, header, judgements, point_map, waiting
from pages._components.media import gallery, previews
from pages._panels.recommend import map_query
from pages._panels.space import badges, colours, map_layer, points, selection
from pages._session import languages, state

SELECTION, WORST, NONE = say("Selection"), say("Worst pairs"), say("None")
ALT = tr("Map of the shared space: one point per medium")
# Worst pairs with links; our choice: more lines hide the points.
MOST_LINKS = 20


@st.fragment(key="space.map")
def draw(run: Run, drawn: SpaceMap, judged: Mapping[str, Judgements]) -> None:
    """Draw the controls, the map, and its badges."""
    run_key, view_key = state.view_spec().run_key, state.view_spec().map_key
    map_key = f"{view_key} {drawn.projection.done:.2f}"  # a large map comes in states, each with its own places
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        colour = st.selectbox(tr("Colour by"), colours.offered(run), key="colour", bind="query-params", width=200,
                              format_func=tr_word)  # fmt: skip
        links = st.selectbox(tr("Links"), [SELECTION, WORST, NONE], key="links", bind="query-params", width=150,
                             format_func=languages.worded("links", (SELECTION, WORST, NONE)))  # fmt: skip
        named = st.toggle(tr("Name clusters"), key="names", bind="query-params")
        points.map_settings()
    asked = map_query.show(run, run_key, map_key, drawn)
    found = colours.clusters(run, run_key, map_key, drawn) if colour == colours.BY_CLUSTER else None
    names = map_layer.named_groups(run, run_key, map_key, drawn) if named else None
    places = map_layer.points_of(run_key, map_key, drawn)
    paint = map_layer.painted(run, places, drawn, colour, judged, found)
    layer = point_map.Layer(
        places,
        drawn.projection.coordinates,
        paint.groups,
        paint.codes,
        focus=[points.current_item(run)],
        linked=linked(links, judged),
        chosen=state.selection(),
        labels=names or (),
        query=asked,
        view=view_key,
    )
    point_map.show(
        [layer],
        key="map",
        alt=ALT,
        colour=colour,
        on_point=lambda _, row: look_at(str(drawn.points["item"].iat[row])),
        on_rows=lambda _, rows: select(drawn.points["item"].iloc[rows].unique().tolist()),
        label=lambda _, row: map_layer.label(run, drawn, row),
        said=selected_words(),
    )
    figures.save_map(
        "map",
        lambda: figure_of(run, drawn, layer, colours.colouring(run, drawn, colour, judged, found)),
        title=ALT,
        points=len(drawn.points),
    )
    if paint.note:
        st.caption(errors.plain(paint.note))
    if found is not None and not found.names:
        st.caption(tr("The collection is too small for clusters: they need 40 items with both modalities."))
    if names is not None and not names:
        st.caption(tr("The map has no dense groups to name; it needs 40 points at least."))
    elif names:
        st.caption(tr("Names are keywords of dense regions of the map: few from afar, more as you come nearer."))
    badges.show(run, run_key, drawn.projection)
    previews.attribution(run.collection)


def figure_of(run: Run, drawn: SpaceMap, layer: point_map.Layer, tint: colours.Colouring) -> go.Figure:
    """Return the map as a figure for a file that answers to the pointer."""
    return map_figure(
        drawn.points,
        colours.cached_labels(run, state.view_spec().run_key),
        colour=tint.values,
        colour_title=tint.title,
        logarithmic=tint.logarithmic,
        links=layer.linked,
        highlight=layer.focus[0],
        marks=MapMarks(
            layer.chosen, {text: np.array(place) for text, _, depth, place in layer.labels if not depth}, layer.query
        ),
    )


def selected_words() -> str:
    """Return what a screen reader hears of the selection."""
    many = len(state.selection())
    return tr_many("{n:,} item selected", "{n:,} items selected", n=many) if many else tr("Nothing selected")


def linked(which: str, judged: Mapping[str, Judgements]) -> Sequence[str]:
    """Return the items whose media are linked."""
    if which == WORST:
        return colours.worst_items(judged, MOST_LINKS)
    return state.selection() if which == SELECTION else []


def select(items: Sequence[str]) -> None:
    """Select what the lasso or the box holds; nothing inside selects nothing new."""
    if items:
        state.select_items(items)
        st.rerun()


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
        tr("Item"),
        placed,
        index=placed.index(current),
        key=key,
        format_func=previews.menu_titles(run.collection).__getitem__,
        help=tr("Click a point, or find an item by typing."),
        on_change=lambda: look_at(state.widget(key)),
    )
    previews.show_item(run.collection, current, metadata=False, tallest=170)
    if len(placed) == 1:
        st.caption(tr("It is the only item, so it has no neighbours."))
        return
    with errors.shown():
        near = points.neighbours(run, state.view_spec().run_key, current)
        st.caption(tr("Nearest items. σ: by how many standard deviations an item is nearer than the average item."))
        gallery.show(near, key="space.near", width=110, on_pick=look_at)


state.through_app("pages/space.py")
header.show(tr("Shared space"), tr("Where does everything lie?"))
waiting.need("collection")
run, drawn = waiting.need("run"), waiting.need("map")
judged = judgements.of_pair(run, state.view_spec().run_key) or {}
left, right = st.columns([7, 3], gap="large")
with left:
    draw(run, drawn, judged)
with right:
    show_item(run)
selection.show(run, judged, [item for item in state.selection() if item in run.collection.items.index], look_at)
